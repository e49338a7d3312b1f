import Foundation

/// The files of this repository that tests read, found from where this one stands.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A file's bytes; nil where there is none.
    static func bytes(of path: String) -> [UInt8]? {
        read(root.appendingPathComponent(path).path)
    }

    /// Not by Foundation's `Data`: that leaks where a file is empty, and hides what else leaks from the sanitizer.
    fileprivate static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { $1 = fread($0.baseAddress, 1, $0.count, file) }
            if piece.isEmpty { return bytes }
            bytes += piece
        }
    }

    /// The names of the folders in a folder, in order.
    static func folders(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(path).path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }
}

/// The memory of this process that is in use; 0 where the system does not tell.
func residentBytes() -> Int {
    // Linux: the second number is pages of 4 KiB.
    let numbers = (Repository.read("/proc/self/statm") ?? []).split(separator: 0x20)
    return numbers.count > 1 ? (Int([UInt8](numbers[1]).text) ?? 0) << 12 : 0
}
