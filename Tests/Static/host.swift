// A host in ordinary Swift, with its runtime, that links libscuttle.a as a C library.
import CScuttle

final class Counter {
    var updates: [String] = []
}

let counter = Counter()
var config = scuttle_config_t()
config.struct_size = MemoryLayout<scuttle_config_t>.size
config.context = Unmanaged.passUnretained(counter).toOpaque()
config.on_update = { context, update in
    let counter = Unmanaged<Counter>.fromOpaque(context!).takeUnretainedValue()
    let bytes = UnsafeRawBufferPointer(start: update!.pointee.key, count: update!.pointee.key_len)
    counter.updates.append(String(decoding: bytes, as: UTF8.self))
}

var replica: OpaquePointer?
guard scuttle_new("swift", &config, &replica) == SCUTTLE_OK else { fatalError("no replica") }
let values = ["lamp/kitchen": "true", "lamp/hall": "false", "größe": "{\"mm\":[1,2]}"]
for (key, value) in values.sorted(by: { $0.key < $1.key }) {
    let code = scuttle_set(replica, key, key.utf8.count, value, value.utf8.count)
    guard code == SCUTTLE_OK else { fatalError("not set: \(code)") }
}
let failed = scuttle_set(replica, "broken", 6, "{", 1)
var entry = scuttle_entry_t()
guard scuttle_get(replica, "größe", "größe".utf8.count, &entry) == SCUTTLE_OK else { fatalError("not found") }
print(counter.updates.map { $0.uppercased() }.joined(separator: " "), String(cString: entry.value), failed < 0)
scuttle_free(replica)
