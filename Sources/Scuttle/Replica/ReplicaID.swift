/// The source id that a replica will write under: checked, and one of a kind where that is wanted.
///
/// It is made before the replica, since an initializer of a class that throws leaks its object in Embedded Swift 6.3.
public struct ReplicaID: ~Copyable {
    private var text = ByteBuffer()

    /// - Parameter uniqueBy: the seed of a suffix of "-" and 16 hexadecimal digits; nil: none.
    /// - Throws: `.id`, `.nul`, `.utf8`.
    public init(_ id: Bytes, uniqueBy seed: UInt64? = nil) throws(Failure) {
        try Limits.check(id: id)
        try id.checkUTF8("the source id")
        text.append(id)
        guard let seed else { return }
        text.append(Bytes("-"))
        var purpose = ByteBuffer()
        purpose.append(Bytes("id "))
        purpose.append(id)
        let suffix = Secrets(seed: seed).derive(purpose.bytes)
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = LineWriter.hexadecimal(UInt8(truncatingIfNeeded: suffix >> shift & 15))
            withUnsafeBytes(of: digit) { text.append($0) }
        }
        try Limits.check(id: bytes)
    }

    var bytes: Bytes { text.bytes }
}
