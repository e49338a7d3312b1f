import CScuttle
import ScuttleCore

@_cdecl("scuttle_link_info") @implementation
public func scuttle_link_info(_ link: OpaquePointer!, _ info: UnsafeMutablePointer<scuttle_link_info_t>!) -> CInt {
    enterReading(link: link) { (handle) throws(Failure) in
        let link = handle.link
        var known = scuttle_link_info_t()
        if let source = link.peerID {
            known.peer_name = handle.lend(name: source.nameOfSource)?.assumingMemoryBound(to: CChar.self)
            known.peer_source = source.baseAddress?.assumingMemoryBound(to: CChar.self)
        }
        if link.isExtended { known.dialect = SCUTTLE_DIALECT_EXTENDED }
        if link.isClassic { known.dialect = SCUTTLE_DIALECT_CLASSIC }
        known.in_step = link.isInStep ? 1 : 0
        known.live = link.isFollowing ? 1 : 0
        known.last_error = handle.lastError
        if let code = link.endCode { (known.ended, known.last_error) = (1, code.rawValue) }
        // Only a host that has the field pays for it.
        let sizeWithoutLag = MemoryLayout<scuttle_link_info_t>.size - 6 * MemoryLayout<UInt64>.size
        if let info, info.pointee.struct_size > sizeWithoutLag {
            known.lag_updates = UInt64(truncatingIfNeeded: link.lag)
            known.confirmed_version = link.confirmedVersion
        }
        known.bytes_in = link.traffic.bytesIn
        known.bytes_out = link.traffic.bytesOut
        known.messages_in = link.traffic.messagesIn
        known.messages_out = link.traffic.messagesOut
        try withUnsafeBytes(of: &known) { fields throws(Failure) in
            try report(Bytes(rebasing: fields[MemoryLayout<Int>.size...]), to: info, smallest: 24, "info")
        }
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_confirmed") @implementation
public func scuttle_confirmed(_ replica: OpaquePointer!, _ version: UInt64, _ links: UnsafeMutablePointer<Int>!) -> CInt
{
    enterReading(replica) { (_, replica) throws(Failure) in
        try required(links, "links").pointee = replica.peers(having: version)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_stats") @implementation
public func scuttle_stats(_ replica: OpaquePointer!, _ stats: UnsafeMutablePointer<scuttle_stats_t>!) -> CInt {
    enterReading(replica) { (_, replica) throws(Failure) in
        try replica.withStatistics { (figures) throws(Failure) in try report(figures, to: stats, smallest: 16, "stats")
        }
        return SCUTTLE_OK
    }
}
