/// Messages for many links: written once, and borrowed by each.
class SharedText {
    final var text = MessageBuffer()
    final var messages = 0

    final var bytes: Bytes { text.bytes }
}
