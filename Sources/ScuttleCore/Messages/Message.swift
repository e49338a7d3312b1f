/// A message of a peer, or a line of an export. Its texts are borrowed: they are valid while a message is handed on.
/// docs/reference/protocol.md says what each message is for.
public enum Message {
    case update(IncomingUpdate)
    /// A well-formed update that exceeds a limit.
    case refusedUpdate(IncomingUpdate, Failure.Code)

    // The classic dialect.

    /// The peer has covered `source` up to `version`. With `isDone` this is the last source.
    case digest(source: Bytes, version: Version, isDone: Bool)
    case done

    // The extended dialect.

    case hello(Hello)
    case request(VectorRequest)
    case vector(VectorPart)
    case delta(DeltaHead)
    case cover(Cover)
    case mark(ProgressMark)
    case forgot(PurgedKeys)
    case commit(CommitPart)
    case reject(Bytes)
    case echo(UInt64)
    case challenge(UInt64)
    case twin
    case refused([ExceptionClaim], isAnew: Bool)

    // Lines of an export that no peer sends.

    case export(ExportHead)
    case got(SavedProgress)
    /// A key whose entry was removed since the piece before.
    case removed(Bytes)
    case end(UInt64)

    /// A blank line, or a message that only a later dialect knows.
    case nothing
}
