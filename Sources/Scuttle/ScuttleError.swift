internal import CScuttle

/// The error of every throwing call of this module. After it the replica is as it was before the call.
public struct ScuttleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Says what kind of error it is.
    public let code: Code

    /// The particulars: one English line, such as `key is 70000 bytes long; max_key_bytes is 65536`. A replica keeps those of its
    /// latest error, so another thread that fails on the same replica at the same moment may have put its own in their place.
    public let message: String

    /// The message, with the number of the code.
    public var description: String { "\(message) (\(code.rawValue))" }

    /// A kind of error. The raw value is the number of the `SCUTTLE_E_…` of the C interface, and never changes.
    public enum Code: Int32, Hashable, Sendable, CaseIterable {
        /// An argument is out of range, or the link is closed.
        case argument = -1
        /// The system gave no memory or randomness, or no more keys can be named.
        case memory = -2
        /// The call came from a callback of the same replica, and is not one that callbacks may make.
        case busy = -3
        /// The replica or the link cannot do that, by the way that it was made.
        case unsupported = -4
        /// A struct of the C interface has a wrong size. This module passes none such.
        case structSize = -5
        /// The buffer is too small.
        case space = -6
        /// A name or a source is empty or too long, or a name ends as an incarnation does.
        case id = -7
        /// A key is empty.
        case key = -8
        /// A key, a name, or a name inside a value contains the character U+0000.
        case nul = -9
        /// Text is not valid UTF-8.
        case utf8 = -10
        /// A value is not JSON.
        case json = -11
        /// A JSON object has two members of one name.
        case duplicate = -12
        /// A JSON number is one that no double can hold.
        case number = -13
        /// A value is nested deeper than ``Configuration/maxDepth``.
        case depth = -14
        /// A line is JSON, but not a message.
        case message = -15
        /// A version is not an integer from 1 to 2^53-1.
        case version = -16
        /// A version is further ahead of this replica than ``Configuration/maxVersionJump``.
        case versionJump = -17
        /// A peer has this replica's own source, or a version of it that was never issued here.
        case identity = -18
        /// The peer has sent updates over a ``Link/Options/readOnly`` link.
        case readOnly = -19
        /// A line is longer than ``Configuration/maxMessageBytes``.
        case messageSize = -20
        /// A key is longer than ``Configuration/maxKeyBytes``.
        case keySize = -21
        /// A value is longer than ``Configuration/maxValueBytes``.
        case valueSize = -22
        /// There are more sources than ``Configuration/maxSources``.
        case sources = -23
        /// There are more links than ``Configuration/maxLinks``.
        case links = -24
        /// Version numbers have reached 2^53-1: no local write is possible any more.
        case exhausted = -25
        /// The peer belongs to another cluster. The link has ended.
        case cluster = -26
        /// The peer speaks no protocol version that this replica does, or the classic dialect on a link that does not let it in. The link
        /// has ended.
        case protocolVersion = -27
        /// The peer has rejected this replica. The link has ended.
        case rejected = -28
        /// An update fits no datagram of this capacity, and has been left out.
        case datagram = -29
        /// Equivocation: a peer has another content for a write that is known here.
        case corrupt = -30
        /// The outcome of a resolver depends on order, repetition or grouping.
        case resolver = -31
        /// A delta, update, cover or commit belongs to no open request of the link.
        case unasked = -32
        /// ``Configuration/accept`` has refused an update, or a peer sent more of them than ``Configuration/maxRefused``.
        case refused = -33
        /// The write needs another key than the ``Configuration/maxKeys`` that hold a value.
        case keys = -34
        /// The write or the line needs more memory than ``Configuration/maxBytes`` allows.
        case bytes = -35
        /// A time to live, or its age, in an update is not an integer from 0 to 2^53-1.
        case timeToLive = -36
        /// A closure of ``Configuration/stateStore`` has thrown: the call is undone, here and in the store. The message has the closure's error.
        case store = -37
        /// The replica was made before a fork, in the parent of this process.
        case forked = -38
    }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence that the library has for a code of which no particulars are known.
    init(_ code: CInt) {
        self.init(Code(rawValue: code) ?? .argument, String(cString: scuttle_strerror(code)))
    }
}
