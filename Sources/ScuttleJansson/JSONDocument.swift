import CJansson
import ScuttleCore

/// A text that jansson has parsed. What is read out of it is borrowed from it.
struct JSONDocument: ~Copyable {
    let root: UnsafeMutablePointer<json_t>
    /// Whether an integer is beyond 64 bits, and so all of them were read as reals.
    let hasLargeIntegers: Bool

    /// - Throws: `.json`, `.duplicate`, `.number`, `.utf8`, `.depth`, `.nul`, `.memory`.
    init(parsing text: Bytes) throws(Failure) {
        // jansson takes a raw NUL behind a number or a word for nothing.
        guard text.offset(of: 0) == nil else { throw Failure(.json, "a NUL byte in the text") }
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
        var error = json_error_t()
        if let root = json_load_text(text.baseAddress, text.count, flags, &error) {
            (self.root, hasLargeIntegers) = (root, false)
            return
        }
        // A number that a double can hold is one, however many digits it has.
        guard Failure.code(of: error) == json_error_numeric_overflow,
            let root = json_load_text(text.baseAddress, text.count, flags | Int(JSON_DECODE_INT_AS_REAL), &error)
        else { throw Failure(jansson: error) }
        (self.root, hasLargeIntegers) = (root, true)
    }

    deinit {
        json_decref(root)
    }
}

extension Failure {
    /// jansson puts the code into the last byte of the text.
    fileprivate static func code(of error: json_error_t) -> json_error_code {
        withUnsafeBytes(of: error.text) { json_error_code(UInt32($0[$0.count - 1])) }
    }

    fileprivate init(jansson error: json_error_t) {
        guard Self.code(of: error) != json_error_out_of_memory else {
            self = .outOfMemory
            return
        }
        let text = withUnsafeBytes(of: error.text) { Sentence(Bytes(rebasing: $0.prefix { $0 != 0 })) }
        let meaning: Code =
            switch Self.code(of: error) {
            case json_error_duplicate_key: .duplicate
            case json_error_numeric_overflow: .number
            case json_error_invalid_utf8: .utf8
            case json_error_stack_overflow: .depth
            case json_error_null_byte_in_key, json_error_null_character: .nul
            default: .json
            }
        self.init(meaning, text)
    }
}

extension UnsafeMutablePointer<json_t> {
    var type: json_type { pointee.type }

    /// A string's text, without the NUL that jansson has behind it.
    var string: Bytes? {
        guard type == JSON_STRING, let start = json_string_value(self) else { return nil }
        return Bytes(start: start, count: json_string_length(self))
    }

    var integer: Int64? {
        type == JSON_INTEGER ? json_integer_value(self) : nil
    }

    /// A whole number that JavaScript can count to, also if it was read as a real.
    var wholeNumber: Int64? {
        guard type == JSON_REAL else { return integer }
        let real = json_real_value(self)
        guard real.magnitude <= 0x1p53, Double(Int64(real)) == real else { return nil }
        return Int64(real)
    }

    /// What JavaScript takes for true.
    var isTruthy: Bool {
        switch type {
        case JSON_NULL, JSON_FALSE: false
        case JSON_INTEGER: json_integer_value(self) != 0
        case JSON_REAL: json_real_value(self) != 0
        case JSON_STRING: json_string_length(self) > 0
        default: true
        }
    }

    var bool: Bool? {
        type == JSON_TRUE ? true : type == JSON_FALSE ? false : nil
    }

    /// Visits an object's members in the order in which they stand in the text.
    func visitMembers(_ visit: (Bytes, UnsafeMutablePointer<json_t>) -> Void) {
        var iterator = json_object_iter(self)
        while let here = iterator {
            if let name = json_object_iter_key(here), let value = json_object_iter_value(here) {
                visit(Bytes(start: name, count: json_object_iter_key_len(here)), value)
            }
            iterator = json_object_iter_next(self, here)
        }
    }
}
