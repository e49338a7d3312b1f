/// The particulars of an error in English, for a person.
///
/// A sentence is written as a literal with interpolations, as a `String` is, but consists of bytes, because strings and their
/// interpolations were a seventh of the library.
public struct Sentence: Sendable {
    public private(set) var bytes: [UInt8] = []

    /// Creates an empty sentence, for an error whose code says all.
    public init() {}

    /// Creates a sentence from UTF-8 text.
    @inline(never)
    public init(_ text: Bytes) {
        bytes = [UInt8](text)
    }
}

extension Sentence: ExpressibleByStringInterpolation {
    @inline(never)
    public init(stringLiteral text: StaticString) {
        self.init(Bytes(text))
    }

    public init(stringInterpolation pieces: Pieces) {
        self = pieces.sentence
    }

    public struct Pieces: StringInterpolationProtocol {
        fileprivate var sentence: Sentence

        @inline(never)
        public init(literalCapacity: Int, interpolationCount: Int) {
            sentence = Sentence(Bytes(start: nil, count: 0))
        }

        public mutating func appendLiteral(_ text: StaticString) {
            appendInterpolation(Bytes(text))
        }

        public mutating func appendInterpolation(_ name: StaticString) {
            appendInterpolation(Bytes(name))
        }

        public mutating func appendInterpolation(_ sentence: Sentence) {
            self.sentence.bytes += sentence.bytes
        }

        /// Appends UTF-8 text.
        @inline(never)
        public mutating func appendInterpolation(_ text: Bytes) {
            for byte in text { sentence.bytes.append(byte) }
        }

        public mutating func appendInterpolation(_ number: Int) {
            if number < 0 { appendLiteral("-") }
            appendInterpolation(UInt64(number.magnitude))
        }

        @inline(never)
        public mutating func appendInterpolation(_ number: UInt64) {
            let digits = ByteWriter.digits(of: number)
            withUnsafeTemporaryAllocation(byteCount: digits, alignment: 1) { memory in
                guard let start = memory.baseAddress else { return }
                var writer = ByteWriter(at: start)
                writer.put(number, digits: digits)
                appendInterpolation(Bytes(memory))
            }
        }
    }
}
