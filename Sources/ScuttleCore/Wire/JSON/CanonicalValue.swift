/// The fast path for values: accepts most valid compact JSON texts, and leaves the others to jansson.
///
/// jansson accepts everything that it accepts. It leaves to jansson: white space, numbers out of range, surrogates, names with
/// escapes, and more than 32 names in objects that are open at once.
package enum CanonicalValue {
    /// Returns whether a whole text is one valid value without white space, nested at most `maxDepth` deep; false: jansson
    /// decides. O(length), on a stack of fixed size.
    @_optimize(speed)
    package static func accepts(_ text: Bytes, maxDepth: Int) -> Bool {
        var scanner = CanonicalScanner(text)
        return skip(in: &scanner, maxDepth: maxDepth) && scanner.isAtEnd
    }

    /// Skips a value; false: jansson decides.
    @_optimize(speed)
    static func skip(in scanner: inout CanonicalScanner, maxDepth: Int) -> Bool {
        guard scanner.next == UInt8(ascii: "{") || scanner.next == UInt8(ascii: "[") else {
            return scanner.skipScalar()
        }
        return withUnsafeTemporaryAllocation(of: MemberNames.Name.self, capacity: MemberNames.capacity) { memory in
            var walk = Walk(names: MemberNames(in: memory), maxDepth: min(maxDepth, UInt64.bitWidth))
            return walk.skip(in: &scanner)
        }
    }

    /// A walk through nested arrays and objects, which counts the depth instead of recursing.
    private struct Walk {
        var names: MemberNames
        let maxDepth: Int
        private var depth = 0
        /// A bit for each open array and object, the innermost in the lowest: 1 for an object.
        private var objects: UInt64 = 0

        init(names: MemberNames, maxDepth: Int) {
            self.names = names
            self.maxDepth = maxDepth
        }

        @_optimize(speed)
        mutating func skip(in scanner: inout CanonicalScanner) -> Bool {
            repeat {
                guard enter(&scanner) ?? scanner.skipScalar(), leave(&scanner) else { return false }
            } while depth > 0
            return true
        }

        /// Opens arrays and objects, down to the first value that is a scalar or empty. Nil if that value is a scalar, which
        /// remains to be skipped.
        @_optimize(speed)
        private mutating func enter(_ scanner: inout CanonicalScanner) -> Bool? {
            while true {
                switch scanner.next {
                case UInt8(ascii: "{"):
                    guard open(&scanner, asObject: 1) else { return false }
                    if scanner.next == UInt8(ascii: "}") { return true }
                    guard skipName(&scanner) else { return false }
                case UInt8(ascii: "["):
                    guard open(&scanner, asObject: 0) else { return false }
                    if scanner.next == UInt8(ascii: "]") { return true }
                default:
                    return nil
                }
            }
        }

        @_optimize(speed)
        private mutating func open(_ scanner: inout CanonicalScanner, asObject bit: UInt64) -> Bool {
            depth &+= 1
            objects = objects << 1 | bit
            return depth <= maxDepth && scanner.consume(where: { _ in true }) != nil
        }

        /// Closes the arrays and objects that end behind a value, up to the next value.
        @_optimize(speed)
        private mutating func leave(_ scanner: inout CanonicalScanner) -> Bool {
            while depth > 0 {
                let isObject = objects & 1 == 1
                if scanner.consume(UInt8(ascii: ",")) { return !isObject || skipName(&scanner) }
                guard scanner.consume(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
                if isObject { names.removeAll(atDepth: depth) }
                depth &-= 1
                objects >>= 1
            }
            return true
        }

        @_optimize(speed)
        private mutating func skipName(_ scanner: inout CanonicalScanner) -> Bool {
            guard let name = scanner.plainString(), names.insert(name, depth: depth) else { return false }
            return scanner.consume(UInt8(ascii: ":"))
        }
    }
}

extension CanonicalScanner {
    /// Skips a string, a number or a literal.
    @_optimize(speed)
    fileprivate mutating func skipScalar() -> Bool {
        switch next {
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "t"): consume("true")
        case UInt8(ascii: "f"): consume("false")
        case UInt8(ascii: "n"): consume("null")
        default: skipNumber()
        }
    }
}
