import ScuttleCore

/// Locates the text of a member's value in an object that jansson has accepted.
///
/// jansson does not return the offset of a value, and its own output would change the spelling of numbers. It keeps the order
/// of members, so the index of a member identifies it.
enum MemberLocator {
    /// Returns the text of a member's value without the white space around it. O(length).
    static func value(ofMember index: Int, in object: Bytes) -> Bytes {
        var scanner = JSONScanner(object)
        var depth = 0
        var member = 0
        var start: Int?
        while let byte = scanner.nextOutsideStrings() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: ":") where depth == 1 && member == index:
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
