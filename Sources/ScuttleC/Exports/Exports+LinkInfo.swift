import CScuttle
import ScuttleCore

@_cdecl("scuttle_link_info") @implementation
public func scuttle_link_info(_ link: OpaquePointer!, _ info: UnsafeMutablePointer<scuttle_link_info_t>!) -> CInt {
    enterReading(link: link) { (handle) throws(Failure) in
        let size = try required(info, "info").pointee.struct_size
        guard size >= 24 else {
            throw Failure(
                .structSize, "struct_size is \(size); this library's is \(MemoryLayout<scuttle_link_info_t>.size)")
        }
        let link = handle.link
        var known = scuttle_link_info_t()
        known.struct_size = size
        if let source = link.peerID {
            known.peer_name = handle.lend(name: source.nameOfSource)?.assumingMemoryBound(to: CChar.self)
            known.peer_source = source.baseAddress?.assumingMemoryBound(to: CChar.self)
        }
        if link.isExtended { known.dialect = SCUTTLE_DIALECT_EXTENDED }
        if link.isClassic { known.dialect = SCUTTLE_DIALECT_CLASSIC }
        known.in_step = link.isInStep ? 1 : 0
        known.live = link.isFollowing ? 1 : 0
        known.ended = link.hasEnded ? 1 : 0
        known.last_error = handle.lastError
        withUnsafeBytes(of: known) { fields in
            UnsafeMutableRawPointer(info).copyMemory(
                from: fields.baseAddress.unsafelyUnwrapped, byteCount: min(fields.count, size))
        }
        return SCUTTLE_OK
    }
}
