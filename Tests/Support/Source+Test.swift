@testable import ScuttleCore

extension Source {
    /// Creates a source outside of a table, which the caller deallocates.
    init(id: Bytes) {
        self.init(id: id, encodedID: Encoding.chosen.encodedID(of: id), index: 0, name: 0)
    }
}
