import Glibc

@testable import ScuttleCore

/// Plays hostile peers that send well-formed messages: the input is a program of moves on three links of one replica.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = Program(UnsafeRawBufferPointer(start: data, count: size))
    do {
        let stage = try Stage(&input)
        while !input.isOver { try stage.step(&input) }
        try stage.end()
    } catch {
        hold(false, "\(error)")
    }
    return 0
}

private let isTold = getenv("SCUTTLE_FUZZ_TRACE") != nil

/// Prints an event if SCUTTLE_FUZZ_TRACE is set, for a person who examines an input.
func trace(_ text: @autoclosure () -> String) {
    guard isTold else { return }
    ([UInt8](text().utf8) + [0x0a]).withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
}
