/// What callbacks collect.
final class Collected<Element> {
    var all: [Element] = []
}
