import CJansson
import ScuttleCore

/// A parsed JSON text. The values in it are borrowed from it.
struct JSONDocument: ~Copyable {
    let root: UnsafeMutablePointer<json_t>
    /// Whether an integer is beyond 64 bits, so jansson has read all integers as reals.
    let hasLargeIntegers: Bool

    /// Parses a text.
    /// - Throws: `.json`, `.duplicate`, `.number`, `.utf8`, `.depth`, `.nul`, `.memory`.
    init(parsing text: Bytes) throws(Failure) {
        // jansson ignores a raw NUL behind a number or a literal.
        guard text.offset(of: 0) == nil else { throw Failure(.json, "the JSON text contains a NUL byte") }
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
        var error = json_error_t()
        if let root = json_load_text(text.baseAddress, text.count, flags, &error) {
            (self.root, hasLargeIntegers) = (root, false)
            return
        }
        // A number within the range of a double is valid, whatever the count of its digits.
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
    /// Returns jansson's error code, which is the last byte of its text.
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

    /// The text of a string, without the NUL that jansson appends.
    var string: Bytes? {
        guard type == JSON_STRING, let start = json_string_value(self) else { return nil }
        return Bytes(start: start, count: json_string_length(self))
    }

    var integer: Int64? {
        type == JSON_INTEGER ? json_integer_value(self) : nil
    }

    /// The value of an integer within 2^53-1, even if jansson has read it as a real.
    var wholeNumber: Int64? {
        guard type == JSON_REAL else { return integer }
        let real = json_real_value(self)
        guard real.magnitude <= 0x1p53, Double(Int64(real)) == real else { return nil }
        return Int64(real)
    }

    /// Whether JavaScript treats the value as true.
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

    /// Visits the members of an object in the order of the text.
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
