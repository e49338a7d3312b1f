/// A list to which callbacks append.
final class Collected<Element> {
    var all: [Element] = []
}
