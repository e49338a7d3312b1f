import Foundation

/// The files of this repository that tests read, found relative to this file.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Returns a file's bytes; nil if there is no such file.
    static func bytes(of path: String) -> [UInt8]? {
        read(root.appendingPathComponent(path).path)
    }

    /// Foundation's `Data` leaks for an empty file, which would hide other leaks from the sanitizer.
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

    /// Returns the names of the folders in a folder, sorted.
    static func folders(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(path).path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }
}

/// Returns the memory of this process that is in use; 0 if the system does not report it.
func residentBytes() -> Int {
    // Linux: the second number is pages of 4 KiB.
    let numbers = (Repository.read("/proc/self/statm") ?? []).split(separator: 0x20)
    return numbers.count > 1 ? (Int([UInt8](numbers[1]).text) ?? 0) << 12 : 0
}
