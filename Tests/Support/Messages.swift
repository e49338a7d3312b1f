@testable import ScuttleCore

/// Messages of the classic dialect, as lines without their newline.
func digest(_ source: String, _ version: Version) -> String {
    #"{"digest":true,"source_id":"\#(source)","id":"\#(source)","version":\#(version)}"#
}

let done = #"{"digest":true,"done":true}"#

func line(_ key: String, _ value: String, _ source: String, _ version: Version) -> String {
    PlainUpdate(key, value, source, version).line
}

extension LinkEnd {
    /// Returns one end, which speaks the classic dialect, of a link of a replica with two updates of `a`, one of `b`, and one
    /// of its own.
    static func sample(_ options: Link.Options = .classic, _ adjust: (inout Configuration) -> Void = { _ in }) throws
        -> LinkEnd
    {
        let replica = try Replica.make("local", adjust)
        try replica.receive(PlainUpdate("x", "1", "a", 1))
        try replica.receive(PlainUpdate("y", "2", "b", 2))
        try replica.receive(PlainUpdate("z", "3", "a", 3))
        try replica.set("w", "4")
        return try LinkEnd(replica, options)
    }
}
