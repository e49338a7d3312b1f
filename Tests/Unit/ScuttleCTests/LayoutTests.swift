import CScuttle
import ScuttleCore
import Testing

@testable import ScuttleTesting

/// Compares the structs and constants of the header, as Swift imports them, with Tests/ABI/layout.txt, which is compared with
/// C, C++ and Python too.
@Suite("Layout")
struct LayoutTests {
    private static let text = Repository.bytes(of: "Tests/ABI/layout.txt")?.text

    private static func structure<Struct, each Value>(
        _: Struct.Type, _ name: String, _ fields: repeat (String, KeyPath<Struct, each Value>)
    ) -> [String] {
        var lines = ["struct \(name) size \(MemoryLayout<Struct>.stride)"]
        func add<Field>(_ field: String, _ path: KeyPath<Struct, Field>) {
            let (offset, size) = (MemoryLayout<Struct>.offset(of: path) ?? -1, MemoryLayout<Field>.size)
            lines.append("field \(name) \(field) offset \(offset) size \(size)")
        }
        repeat add((each fields).0, (each fields).1)
        return lines
    }

    private static let stats: [String] = structure(
        scuttle_stats_t.self, "scuttle_stats_t",
        ("struct_size", \.struct_size), ("keys", \.keys), ("tombstones", \.tombstones), ("bytes", \.bytes),
        ("history", \.history), ("sources", \.sources), ("retired", \.retired), ("exceptions", \.exceptions),
        ("out_of_order", \.out_of_order), ("links", \.links), ("links_in_step", \.links_in_step),
        ("links_full", \.links_full), ("sets", \.sets), ("deletes", \.deletes), ("expired", \.expired),
        ("republished", \.republished), ("purged", \.purged), ("resets", \.resets), ("removed", \.removed),
        ("received", \.received), ("applied", \.applied), ("superseded", \.superseded), ("repeated", \.repeated),
        ("refused", \.refused), ("rejected", \.rejected), ("refused_by_peers", \.refused_by_peers),
        ("corrupt", \.corrupt), ("diverged", \.diverged), ("twins", \.twins), ("gossips", \.gossips),
        ("requests", \.requests), ("deltas_log", \.deltas_log), ("deltas_state", \.deltas_state),
        ("deltas_reset", \.deltas_reset), ("deltas_early", \.deltas_early), ("deltas_contents", \.deltas_contents),
        ("full", \.full), ("links_opened", \.links_opened), ("links_ended", \.links_ended), ("bytes_in", \.bytes_in),
        ("bytes_out", \.bytes_out), ("messages_in", \.messages_in), ("messages_out", \.messages_out))

    /// The figures of the core under the names of the header.
    private static let statistics: [String] = structure(
        Statistics.self, "scuttle_stats_t",
        ("keys", \.keys), ("tombstones", \.tombstones), ("bytes", \.bytes), ("history", \.history),
        ("sources", \.sources), ("retired", \.retired), ("exceptions", \.exceptions), ("out_of_order", \.outOfOrder),
        ("links", \.links), ("links_in_step", \.linksInStep), ("links_full", \.linksFull), ("sets", \.sets),
        ("deletes", \.deletes), ("expired", \.expired), ("republished", \.republished), ("purged", \.purged),
        ("resets", \.resets), ("removed", \.removed), ("received", \.received), ("applied", \.applied),
        ("superseded", \.superseded), ("repeated", \.repeated), ("refused", \.refused), ("rejected", \.rejected),
        ("refused_by_peers", \.refusedByPeers), ("corrupt", \.corrupt), ("diverged", \.diverged), ("twins", \.twins),
        ("gossips", \.gossips), ("requests", \.requests), ("deltas_log", \.deltasLog),
        ("deltas_state", \.deltasState), ("deltas_reset", \.deltasReset), ("deltas_early", \.deltasEarly),
        ("deltas_contents", \.deltasContents), ("full", \.full), ("links_opened", \.linksOpened),
        ("links_ended", \.linksEnded), ("bytes_in", \.traffic.bytesIn), ("bytes_out", \.traffic.bytesOut),
        ("messages_in", \.traffic.messagesIn), ("messages_out", \.traffic.messagesOut))

    private static let structures: [String] =
        structure(
            scuttle_entry_t.self, "scuttle_entry_t",

            ("value", \.value), ("value_len", \.value_len), ("source", \.source), ("source_len", \.source_len),
            ("version", \.version))
        + structure(
            scuttle_write_t.self, "scuttle_write_t",
            ("key", \.key), ("key_len", \.key_len), ("json", \.json), ("json_len", \.json_len), ("ttl_ms", \.ttl_ms))
        + structure(
            scuttle_update_t.self, "scuttle_update_t",

            ("key", \.key), ("key_len", \.key_len), ("value", \.value), ("value_len", \.value_len),
            ("source", \.source), ("source_len", \.source_len), ("version", \.version), ("flags", \.flags),
            ("reserved", \.reserved), ("dot_source", \.dot_source), ("dot_source_len", \.dot_source_len),
            ("dot_version", \.dot_version))
        + structure(scuttle_key_t.self, "scuttle_key_t", ("key", \.key), ("key_len", \.key_len))
        + structure(
            scuttle_cursor_t.self, "scuttle_cursor_t", ("incarnation", \.incarnation), ("position", \.position))
        + structure(scuttle_span_t.self, "scuttle_span_t", ("data", \.data), ("len", \.len))
        + structure(
            scuttle_row_t.self, "scuttle_row_t",
            ("kind", \.kind), ("reserved", \.reserved), ("id", \.id), ("id_len", \.id_len), ("line", \.line),
            ("line_len", \.line_len), ("update", \.update))
        + structure(
            scuttle_state_store_t.self, "scuttle_state_store_t",
            ("struct_size", \.struct_size), ("context", \.context), ("load", \.load), ("begin", \.begin),
            ("put", \.put), ("remove", \.remove), ("commit", \.commit), ("rollback", \.rollback))
        + structure(
            scuttle_link_info_t.self, "scuttle_link_info_t",
            ("struct_size", \.struct_size), ("peer_name", \.peer_name), ("peer_source", \.peer_source),
            ("dialect", \.dialect), ("in_step", \.in_step), ("live", \.live), ("ended", \.ended),
            ("last_error", \.last_error), ("reserved", \.reserved), ("lag_updates", \.lag_updates),
            ("confirmed_version", \.confirmed_version), ("bytes_in", \.bytes_in), ("bytes_out", \.bytes_out),
            ("messages_in", \.messages_in), ("messages_out", \.messages_out))
        + stats
        + structure(
            scuttle_config_t.self, "scuttle_config_t",

            ("struct_size", \.struct_size), ("flags", \.flags), ("resolver", \.resolver), ("mtu", \.mtu),
            ("max_history", \.max_history), ("seed", \.seed), ("context", \.context), ("resolve", \.resolve),
            ("sort", \.sort), ("on_update", \.on_update), ("on_compaction", \.on_compaction),
            ("on_drain", \.on_drain), ("state", \.state), ("state_len", \.state_len),
            ("max_message_bytes", \.max_message_bytes), ("max_key_bytes", \.max_key_bytes),
            ("max_value_bytes", \.max_value_bytes), ("max_depth", \.max_depth), ("max_sources", \.max_sources),
            ("max_links", \.max_links), ("max_version_jump", \.max_version_jump), ("cluster", \.cluster),
            ("max_tombstones", \.max_tombstones), ("protocol_min", \.protocol_min),
            ("protocol_max", \.protocol_max), ("on_event", \.on_event), ("max_retired", \.max_retired),
            ("retire_after_ms", \.retire_after_ms), ("accept", \.accept), ("max_refused", \.max_refused),
            ("state_store", \.state_store), ("max_keys", \.max_keys), ("max_bytes", \.max_bytes))
        + structure(
            scuttle_flaw_t.self, "scuttle_flaw_t",
            ("kind", \.kind), ("count", \.count), ("a", \.a), ("b", \.b), ("c", \.c))
        + structure(
            scuttle_link_config_t.self, "scuttle_link_config_t",
            ("struct_size", \.struct_size), ("flags", \.flags), ("reserved", \.reserved))

    private static let constants: [(String, Int64)] = [
        ("SCUTTLE_VERSION_MAJOR", Int64(SCUTTLE_VERSION_MAJOR)),
        ("SCUTTLE_VERSION_MINOR", Int64(SCUTTLE_VERSION_MINOR)),
        ("SCUTTLE_VERSION_PATCH", Int64(SCUTTLE_VERSION_PATCH)), ("SCUTTLE_OK", Int64(SCUTTLE_OK)),
        ("SCUTTLE_FULL", Int64(SCUTTLE_FULL)), ("SCUTTLE_NOT_FOUND", Int64(SCUTTLE_NOT_FOUND)),
        ("SCUTTLE_TORN", Int64(SCUTTLE_TORN)),
        ("SCUTTLE_GAP", Int64(SCUTTLE_GAP)), ("SCUTTLE_MORE", Int64(SCUTTLE_MORE)),
        ("SCUTTLE_CONFLICT", Int64(SCUTTLE_CONFLICT)),
        ("SCUTTLE_UPDATE_DELETED", Int64(SCUTTLE_UPDATE_DELETED)),
        ("SCUTTLE_UPDATE_LOCAL", Int64(SCUTTLE_UPDATE_LOCAL)),
        ("SCUTTLE_UPDATE_EXPIRED", Int64(SCUTTLE_UPDATE_EXPIRED)),
        ("SCUTTLE_UPDATE_RESET", Int64(SCUTTLE_UPDATE_RESET)),
        ("SCUTTLE_KEEP_TOMBSTONES", Int64(SCUTTLE_KEEP_TOMBSTONES)),
        ("SCUTTLE_PROTOCOL_LOWEST", Int64(SCUTTLE_PROTOCOL_LOWEST)),
        ("SCUTTLE_PROTOCOL_HIGHEST", Int64(SCUTTLE_PROTOCOL_HIGHEST)),
        ("SCUTTLE_FLAW_ORDER", Int64(SCUTTLE_FLAW_ORDER)),
        ("SCUTTLE_FLAW_REPETITION", Int64(SCUTTLE_FLAW_REPETITION)),
        ("SCUTTLE_FLAW_GROUPING", Int64(SCUTTLE_FLAW_GROUPING)),
        ("SCUTTLE_LWW_VS_CLOCK", Int64(SCUTTLE_LWW_VS_CLOCK)),
        ("SCUTTLE_LWW_VS_CURRENT_VERS", Int64(SCUTTLE_LWW_VS_CURRENT_VERS)),
        ("SCUTTLE_STRICTLY_ORDER_VALUES", Int64(SCUTTLE_STRICTLY_ORDER_VALUES)),
        ("SCUTTLE_UNIQUE_ID", Int64(SCUTTLE_UNIQUE_ID)), ("SCUTTLE_EXACT_ID", Int64(SCUTTLE_EXACT_ID)),
        ("SCUTTLE_LINK_LIVE", Int64(SCUTTLE_LINK_LIVE)),
        ("SCUTTLE_LINK_DATAGRAM", Int64(SCUTTLE_LINK_DATAGRAM)),
        ("SCUTTLE_LINK_READ_ONLY", Int64(SCUTTLE_LINK_READ_ONLY)),
        ("SCUTTLE_LINK_CLASSIC", Int64(SCUTTLE_LINK_CLASSIC)), ("SCUTTLE_LINK_ANY", Int64(SCUTTLE_LINK_ANY)),
        ("SCUTTLE_LINK_HISTORY", Int64(SCUTTLE_LINK_HISTORY)),
        ("SCUTTLE_DIALECT_UNKNOWN", Int64(SCUTTLE_DIALECT_UNKNOWN)),
        ("SCUTTLE_DIALECT_CLASSIC", Int64(SCUTTLE_DIALECT_CLASSIC)),
        ("SCUTTLE_DIALECT_EXTENDED", Int64(SCUTTLE_DIALECT_EXTENDED)),
        ("SCUTTLE_ROW_ENTRY", Int64(SCUTTLE_ROW_ENTRY)), ("SCUTTLE_ROW_SOURCE", Int64(SCUTTLE_ROW_SOURCE)),
        ("SCUTTLE_ROW_REPLICA", Int64(SCUTTLE_ROW_REPLICA)),
    ]

    private static let events: [(String, Int32, Event)] = [
        ("SCUTTLE_EVENT_HELLO", SCUTTLE_EVENT_HELLO, .hello),
        ("SCUTTLE_EVENT_IN_STEP", SCUTTLE_EVENT_IN_STEP, .inStep),
        ("SCUTTLE_EVENT_ENDED", SCUTTLE_EVENT_ENDED, .ended),
        ("SCUTTLE_EVENT_DIVERGED", SCUTTLE_EVENT_DIVERGED, .diverged),
        ("SCUTTLE_EVENT_REFUSED", SCUTTLE_EVENT_REFUSED, .refused),
        ("SCUTTLE_EVENT_TWIN", SCUTTLE_EVENT_TWIN, .twin),
    ]

    @Test("The events of the core have the numbers of the header")
    func events() {
        #expect(Self.events.map(\.2) == Event.allCases)
        for (name, number, event) in Self.events { check(event.rawValue == number, "\(event) is not \(name)") }
    }

    @Test("Sizes, offsets and strides of the structs", .enabled(if: text != nil, "Tests/ABI/layout.txt is not there"))
    func structs() throws {
        let lines = try #require(Self.text).split(separator: "\n").map { String($0) }
        #expect(lines.filter { $0.hasPrefix("struct ") || $0.hasPrefix("field ") } == Self.structures)
    }

    @Test("The figures of the core are laid out like scuttle_stats_t behind its first field")
    func statistics() {
        #expect(MemoryLayout<Statistics>.size == MemoryLayout<scuttle_stats_t>.size - 8)
        let behind = Self.statistics.dropFirst().map { line in
            let words = line.split(separator: " ").map { String($0) }
            return (words[2], Int(words[4]).map { $0 + 8 })
        }
        let inHeader = Self.stats.dropFirst(2).map { line in
            let words = line.split(separator: " ").map { String($0) }
            return (words[2], Int(words[4]))
        }
        #expect(behind.map(\.0) == inHeader.map(\.0))
        #expect(behind.map(\.1) == inHeader.map(\.1))
    }

    @Test("Constants", .enabled(if: text != nil, "Tests/ABI/layout.txt is not there"))
    func constants() throws {
        var expected: [String: Int64] = [:]
        for line in try #require(Self.text).split(separator: "\n") where line.hasPrefix("constant ") {
            let words = line.split(separator: " ")
            expected[String(words[1])] = Int64(words[2])
        }
        let errors = codeNames.map { ($0.value, Int64($0.key.rawValue)) }
        let events = Self.events.map { ($0.0, Int64($0.1)) }
        for (name, value) in Self.constants + events + errors {
            check(expected.removeValue(forKey: name) == value, "\(name) is \(value) in Swift")
        }
        // Swift does not import this constant, which is a cast.
        expected["SCUTTLE_NTS"] = nil
        #expect(expected.isEmpty, "Swift's list lacks some")
    }

    @Test("A span is laid out like struct iovec: a pointer and a length")
    func span() {
        #expect(MemoryLayout<scuttle_span_t>.stride == MemoryLayout<UnsafeRawPointer>.stride + MemoryLayout<Int>.stride)
        #expect(MemoryLayout<scuttle_span_t>.offset(of: \.data) == 0)
    }
}
