/// A mark on a stream: the updates since the head, or since the previous mark, are all up to this sequence, if their checksum is
/// `check`.
public struct ProgressMark {
    public var sequence: UInt64
    public var check: LineCheck

    public init(sequence: UInt64, check: LineCheck) {
        self.sequence = sequence
        self.check = check
    }
}
