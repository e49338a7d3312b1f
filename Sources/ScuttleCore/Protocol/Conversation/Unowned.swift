/// A reference to an object that outlives its holder. Reading the reference counts nothing.
///
/// `unowned(unsafe)` would count each read up and down. This field looks like an owning one to the compiler, so a read borrows, and the
/// one count that it owns is given back at once.
public struct Unowned<Object: AnyObject>: ~Copyable {
    public let object: Object

    public init(_ object: Object) {
        self.object = object
        Unmanaged.passUnretained(object).release()
    }

    deinit {
        // The field is about to be released.
        _ = Unmanaged.passUnretained(object).retain()
    }
}
