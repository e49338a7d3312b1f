/// The source of a replica: its checked name, followed by the incarnation of this start.
///
/// It exists before the replica, because a class initializer that throws leaks its object in Embedded Swift 6.3.
public struct ReplicaID: ~Copyable {
    private var text = ByteBuffer()

    /// - Parameters:
    ///   - name: 1 to 246 bytes, or 1 to 255 if the source is exact; without the suffix of an incarnation.
    ///   - seed: the seed of the 48 bits of the incarnation; nil: the name itself is the source.
    ///   - state: the save that the replica starts from. Each save gives another incarnation. O(its length).
    /// - Throws: `.id`, `.nul`, `.utf8`.
    public init(
        _ name: Bytes, incarnation seed: UInt64? = nil, startingFrom state: Bytes = Bytes(start: nil, count: 0)
    ) throws(Failure) {
        try Limits.check(id: name)
        try name.checkUTF8("the name")
        guard !SourceName.endsInIncarnation(name) else {
            throw Failure(.id, "the name ends in ~ and 8 characters, which is the suffix of an incarnation")
        }
        text.append(name)
        guard let seed else { return }
        guard name.count <= SourceName.maxBytes else {
            throw Failure(.id, "the name is \(name.count) bytes long; the limit is \(SourceName.maxBytes)")
        }
        SourceName.appendSuffix(Secrets(seed: seed).incarnation(of: name, startingFrom: state), to: &text)
    }

    public var bytes: Bytes { text.bytes }
}
