/// The source of a replica: its name, checked, and the incarnation of this start behind it.
///
/// It is made before the replica, since an initializer of a class that throws leaks its object in Embedded Swift 6.3.
public struct ReplicaID: ~Copyable {
    private var text = ByteBuffer()

    /// - Parameters:
    ///   - name: 1 to 246 bytes, or 1 to 255 if the source is exact; without the ending of an incarnation.
    ///   - seed: of the 48 bits of the incarnation; nil: the name itself is the source.
    ///   - state: the save that the replica starts from. A start from another save is another incarnation. O(its length).
    /// - Throws: `.id`, `.nul`, `.utf8`.
    public init(
        _ name: Bytes, incarnation seed: UInt64? = nil, startingFrom state: Bytes = Bytes(start: nil, count: 0)
    ) throws(Failure) {
        try Limits.check(id: name)
        try name.checkUTF8("the name")
        guard !SourceName.endsInIncarnation(name) else {
            throw Failure(.id, "the name ends in ~ and 8 characters, as only the source of an incarnation does")
        }
        text.append(name)
        guard let seed else { return }
        guard name.count <= SourceName.maxBytes else {
            throw Failure(.id, "the name is \(name.count) bytes long; at most \(SourceName.maxBytes) are allowed")
        }
        SourceName.appendSuffix(Secrets(seed: seed).incarnation(of: name, startingFrom: state), to: &text)
    }

    public var bytes: Bytes { text.bytes }
}
