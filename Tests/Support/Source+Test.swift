@testable import ScuttleCore

extension Source {
    /// A source outside a table, which the caller deallocates.
    init(id: Bytes) {
        self.init(id: id, encodedID: Encoding.chosen.encodedID(of: id), number: 0, name: 0)
    }
}
