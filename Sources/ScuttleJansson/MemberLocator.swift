import ScuttleCore

/// Cuts the text of a member's value out of an object that jansson has accepted.
///
/// jansson does not say where in the text a value stood, and its own output would spell numbers anew. It keeps the order of
/// members, so the place of a member is enough to find it.
enum MemberLocator {
    /// O(length). White space around the value is left out.
    static func value(ofMember place: Int, in object: Bytes) -> Bytes {
        var scanner = JSONScanner(object)
        var depth = 0
        var member = 0
        var start: Int?
        while let byte = scanner.nextOutsideStrings() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: ":") where depth == 1 && member == place:
                start = scanner.offset
            case UInt8(ascii: ","), UInt8(ascii: "}"):
                if depth == 1, let start {
                    return trim(Bytes(rebasing: object[start..<scanner.offset - 1]))
                }
                if depth == 1 { member += 1 }
                if byte == UInt8(ascii: "}") { depth -= 1 }
            case UInt8(ascii: "]"):
                depth -= 1
            default:
                break
            }
        }
        return Bytes(rebasing: object[object.count...])
    }

    private static func trim(_ text: Bytes) -> Bytes {
        var text = text[...]
        while let first = text.first, first.isJSONWhiteSpace { text.removeFirst() }
        while let last = text.last, last.isJSONWhiteSpace { text.removeLast() }
        return Bytes(rebasing: text)
    }
}
