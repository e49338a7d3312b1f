#if !hasFeature(Embedded)
    /// Runs a few calls that read the replica as one, for the module Scuttle: what they lend is valid until the last of them is done.
    /// In the child of a fork it does not run, and returns `SCUTTLE_E_FORKED`.
    package func holdingLock(of replica: OpaquePointer, _ body: () -> Void) -> CInt {
        enterHandle(replica) { _ in body() }
    }
#endif
