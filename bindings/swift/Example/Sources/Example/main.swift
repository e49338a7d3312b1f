import Scuttle

// The longer text stands, and of two as long the later write. All replicas need the same rule.
let longest = Configuration(
    resolver: .custom { update, current in
        guard let current else { return true }
        let (new, old) = (update.value.bytes.count, current.value.bytes.count)
        if new != old { return new > old }
        let (later, earlier) = (update.timestamp, current.timestamp)
        return (later.version, later.source) > (earlier.version, earlier.source)
    })
let here = try Replica("here", longest)
let there = try Replica("there", longest)
let changes = there.changes

// Carries bytes until both are silent. Yours goes through a socket, a pipe, a radio.
func carry(between a: Link, and b: Link) throws {
    while true {
        let (fromA, fromB) = (try a.read(), try b.read())
        if fromA.isEmpty && fromB.isEmpty { return }
        try b.write(fromA)
        try a.write(fromB)
    }
}

let toThere = try here.openLink(.live)
let toHere = try there.openLink(.live)
try here.set("lamp/kitchen", to: "{\"on\": true}")
try there.gossip()  // what is new?
try carry(between: toThere, and: toHere)

try here.set("note", to: "\"a longer note\"")
try there.set("note", to: "\"a note\"")
try carry(between: toThere, and: toHere)

for await case .update(let update) in changes.prefix(2) {
    print("\(update.key): \(update.value), says \(update.timestamp.source.dropLast(9))")
}
// lamp/kitchen: {"on":true}, says here
// note: "a longer note", says here
print(try there["note"] == here["note"])  // true
