/// On a stream: "The updates since the head, or since the mark before this one, are all up to this sequence, if they are these."
public struct ProgressMark {
    public var sequence: UInt64
    public var check: LineCheck

    public init(sequence: UInt64, check: LineCheck) {
        self.sequence = sequence
        self.check = check
    }
}
