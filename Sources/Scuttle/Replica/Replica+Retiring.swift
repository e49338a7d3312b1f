/// Names that will not be back.
extension Replica {
    /// Takes a name out of the reckoning of what is stable; false where it is unknown.
    public func forget(_ name: Bytes) -> Bool {
        false
    }
}
