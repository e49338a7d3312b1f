#if !hasFeature(Embedded)
    /// Runs several calls that read the replica under one lock, for the module Scuttle. Values that they lend are valid until
    /// the last of them ends. In the child of a fork it runs nothing, and returns `SCUTTLE_E_FORKED`.
    package func holdingLock(of replica: OpaquePointer, _ body: () -> Void) -> CInt {
        enterHandle(replica) { _ in body() }
    }
#endif
