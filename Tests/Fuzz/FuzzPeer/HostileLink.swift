import ScuttleJansson
import Simulation

@testable import ScuttleCore
@testable import Simulation

/// A link of the target whose other end the fuzzer plays. An honest replica is behind it, which receives the target's output,
/// and whose lines the fuzzer may pass on or use.
final class HostileLink {
    let options: Link.Options
    let honest: Replica
    /// The end of the target, and that of the honest replica.
    private(set) var end: End
    private(set) var honestEnd: End

    /// Lines of a stream, or datagrams, that wait to be passed on.
    var toTarget: [[UInt8]] = []
    var toHonest: [[UInt8]] = []
    private var unfinished: [[UInt8]] = [[], []]

    /// The nonces that the target has sent, the latest one last; and its token.
    private(set) var nonces: [UInt64] = []
    private(set) var token: UInt64 = 0

    /// For a datagram link whose peer has echoed no token: the bytes that the target has received, and has sent.
    private(set) var heardUnchecked = 0
    private(set) var saidUnchecked = 0
    private var isUnchecked: Bool { end.link.transport.address?.peerToken == 0 }

    /// For the delta on its way to the target: the check of the updates since its head, mark or cover, and its start.
    private(set) var lines = LineCheck()
    private(set) var start: UInt64 = 0

    init(_ target: Replica, _ honest: Replica, _ options: Link.Options) throws(Failure) {
        (self.honest, self.options) = (honest, options)
        end = try End(target, options)
        honestEnd = try End(honest, options.subtracting(.readOnly))
    }

    /// Closes both ends of the link and opens another one.
    func reopen() throws(Failure) {
        end.close()
        honestEnd.close()
        end = try End(end.replica, options)
        honestEnd = try End(honest, options.subtracting(.readOnly))
        (toTarget, toHonest, unfinished) = ([], [], [[], []])
        (nonces, token, lines, start) = ([], 0, LineCheck(), 0)
        (heardUnchecked, saidUnchecked) = (0, 0)
    }

    /// Whether the peer may begin a delta, or speaks the classic dialect.
    var isReady: Bool { end.isExtended && !nonces.isEmpty || options.contains(.classic) }
    var allowsClassic: Bool { !end.isExtended && !options.isDisjoint(with: [.classic, .any]) }
    var isDatagram: Bool { options.contains(.datagram) }

    /// Reads all output of the target, in reads of at most `capacity` bytes.
    func hearTarget(_ capacity: Int) {
        for unit in units(of: end, 0, capacity) {
            if isUnchecked { saidUnchecked += unit.count }
            learn(from: unit)
            toHonest.append(unit)
        }
    }

    /// Reads all output of the honest replica.
    func hearHonest(_ capacity: Int) {
        toTarget += units(of: honestEnd, 1, capacity)
    }

    private func units(of end: End, _ side: Int, _ capacity: Int) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var total = 0
        while true {
            var bytes: [UInt8] = []
            var failure: Failure?
            do throws(Failure) { bytes = try end.read(upTo: capacity) } catch { failure = error }
            // An update that does not fit is reported once; a capacity that is too small stays so.
            if let failure, failure.code == .space || failure.code != .datagram { break }
            guard failure != nil || !bytes.isEmpty else { break }
            total += bytes.count + (failure == nil ? 0 : 100)
            hold(total < 1 << 22, "an endless delta: \(total) bytes")
            guard !bytes.isEmpty else { continue }
            if isDatagram {
                hold(bytes.count <= capacity, "a datagram of \(bytes.count) bytes was read into \(capacity)")
                found.append(bytes)
            } else {
                unfinished[side] += bytes
                while let newline = unfinished[side].firstIndex(of: 0x0a) {
                    found.append(Array(unfinished[side][...newline]))
                    unfinished[side].removeSubrange(...newline)
                }
            }
        }
        return found
    }

    /// Notes the nonces and the token in the output of the target.
    private func learn(from unit: [UInt8]) {
        for line in unit.split(separator: 0x0a) where line.starts(with: Self.control) {
            if let nonce = Self.number(behind: #""nonce":"#, in: line), nonce > 0, nonces.last != nonce {
                nonces.append(nonce)
                if nonces.count > 6 { nonces.removeFirst() }
            }
            if let said = Self.number(behind: #""token":"#, in: line) { token = said }
            if let said = Self.number(behind: #""challenge":"#, in: line) { token = said }
        }
    }

    private static let control = [UInt8](#"{"digest":true,"#.utf8)

    /// Returns the end of the first copy of a mark, each of which begins with a quotation mark.
    private static func end(of mark: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
        var place = line.startIndex
        while place + mark.count <= line.endIndex {
            if line[place] == mark[0], line[place..<place + mark.count].elementsEqual(mark) {
                return place + mark.count
            }
            place += 1
        }
        return nil
    }

    private static func number(behind mark: String, in line: ArraySlice<UInt8>) -> UInt64? {
        guard let place = end(of: Array(mark.utf8), in: line) else { return nil }
        var number: UInt64 = 0
        for digit in line[place...] {
            guard digit >= 48, digit < 58 else { break }
            number = number &* 10 &+ UInt64(digit - 48)
        }
        return number
    }

    /// Counts bytes that go to the target, so that a mark, cover or commit behind them can be right.
    func count(_ unit: [UInt8]) {
        if isUnchecked { heardUnchecked += unit.count }
        for line in unit.split(separator: 0x0a) {
            if line.starts(with: Self.update) {
                Array(line).withUnsafeBytes { lines.add($0) }
            } else if line.starts(with: Self.head) {
                lines = LineCheck()
                start = Self.number(behind: #""span":["#, in: line) ?? 0
            } else if [Self.cover, Self.mark, Self.commit].contains(where: { line.starts(with: $0) }) {
                lines = LineCheck()
            }
        }
    }

    private static let update = [UInt8](#"{"key":"#.utf8)
    private static let head = [UInt8](#"{"digest":true,"delta":"#.utf8)
    private static let cover = [UInt8](#"{"digest":true,"cover":"#.utf8)
    private static let mark = [UInt8](#"{"digest":true,"mark":"#.utf8)
    private static let commit = [UInt8](#"{"digest":true,"commit":"#.utf8)

    /// Passes output of the target to the honest replica, which judges by itself.
    func tellHonest(_ unit: [UInt8]) {
        do throws(Failure) { try honestEnd.write(unit) } catch {
            hold(
                !Self.malformed.contains(error.code),
                "the target has sent a malformed message, \(error.code): \(error.detail): \(unit.text)")
        }
    }

    private static let malformed: [Failure.Code] = [
        .json, .duplicate, .number, .utf8, .nul, .message, .version, .timeToLive, .key, .id, .messageSize,
    ]

    func close() {
        end.close()
        honestEnd.close()
    }
}

/// Ends the process if a property does not hold: libFuzzer then keeps the input.
func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fatalError(what()) }
}
