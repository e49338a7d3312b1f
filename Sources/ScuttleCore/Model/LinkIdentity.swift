/// A link as callbacks name it: the pointer that stands for it at its host. Nothing is owned, and nothing can be called.
public struct LinkIdentity {
    /// `Link.host`; nil if the host has set none.
    public let host: UnsafeRawPointer?
}
