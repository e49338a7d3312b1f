import CScuttle
import ScuttleCore

@_cdecl("scuttle_changes") @implementation
public func scuttle_changes(
    _ replica: OpaquePointer!, _ prefix: UnsafePointer<CChar>!, _ prefix_len: Int,
    _ cursor: UnsafeMutablePointer<scuttle_cursor_t>!, _ visit: scuttle_visit_fn!, _ context: UnsafeMutableRawPointer!
) -> CInt {
    enterReading(replica) { (handle, replica) throws(Failure) in
        let (cursor, visit) = (try required(cursor, "cursor"), try required(visit, "visit"))
        let prefix = try keyPrefix(prefix, prefix_len, handle.limits)
        var position = Cursor(cursor.pointee)
        let isFollowed = replica.visitChanges(prefix, from: &position) { update in
            withView(update) { visit(context, $0) == 0 }
        }
        cursor.pointee = scuttle_cursor_t(position)
        return isFollowed ? SCUTTLE_OK : SCUTTLE_GAP
    }
}

@_cdecl("scuttle_save") @implementation
public func scuttle_save(
    _ replica: OpaquePointer!, _ cursor: UnsafeMutablePointer<scuttle_cursor_t>!, _ take: scuttle_line_fn!,
    _ context: UnsafeMutableRawPointer!
) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        let cursor = try required(cursor, "cursor")
        guard let take else {
            cursor.pointee = scuttle_cursor_t(replica.importCursor)
            return SCUTTLE_OK
        }
        let saved = replica.save(from: Cursor(cursor.pointee)) { line in
            switch take(context, line.chars, line.count) {
            case 0: .goOn
            case SCUTTLE_MORE: .pause
            default: .stop
            }
        }
        guard let saved else { return SCUTTLE_OK }
        cursor.pointee = scuttle_cursor_t(saved.cursor)
        return saved.isOpen ? SCUTTLE_MORE : saved.isWhole ? SCUTTLE_GAP : SCUTTLE_OK
    }
}

extension Cursor {
    fileprivate init(_ cursor: scuttle_cursor_t) {
        self.init(incarnation: cursor.incarnation, position: cursor.position)
    }
}

extension scuttle_cursor_t {
    fileprivate init(_ cursor: Cursor) {
        self.init(incarnation: cursor.incarnation, position: cursor.position)
    }
}
