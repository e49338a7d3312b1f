import CScuttle
import ScuttleCore
import ScuttleJansson

@_cdecl("scuttle_link_open") @implementation
public func scuttle_link_open(
    _ replica: OpaquePointer!, _ config: UnsafePointer<scuttle_link_config_t>!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> CInt {
    guard let out else { return SCUTTLE_E_ARGUMENT }
    out.pointee = nil
    return enter(replica) { (handle, _) throws(Failure) in
        let config = try versioned(config, zero: scuttle_link_config_t(), smallest: 12)
        let known =
            SCUTTLE_LINK_LIVE | SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_READ_ONLY | SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_ANY
            | SCUTTLE_LINK_HISTORY
        guard config.flags & ~known == 0 else {
            throw Failure(.argument, "flags is \(UInt64(config.flags)), which has an unknown flag")
        }
        guard config.reserved == 0 else { throw Failure(.argument, "reserved is not 0") }
        // The flags of the header are those of the core, bit by bit.
        let link = try handle.openLink(Link.Options(rawValue: UInt8(truncatingIfNeeded: config.flags)))
        out.pointee = OpaquePointer(Unmanaged.passUnretained(link).toOpaque())
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_link_close") @implementation
public func scuttle_link_close(_ link: OpaquePointer!) {
    _ = enter(link: link) { (handle, _) throws(Failure) in
        handle.owner.object.close(handle)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_event_update") @implementation
public func scuttle_event_update(
    _ link: OpaquePointer!, _ update: UnsafeMutablePointer<UnsafePointer<scuttle_update_t>?>!
) -> CInt {
    guard let link, let update else { return SCUTTLE_E_ARGUMENT }
    // Called from a callback, which holds the lock.
    let handle = Unmanaged<LinkHandle>.fromOpaque(UnsafeRawPointer(link)).takeUnretainedValue()
    guard handle.owner.object.lock.isInOriginProcess else { return SCUTTLE_E_FORKED }
    let told = handle.told
    update.pointee = told
    return told == nil ? SCUTTLE_NOT_FOUND : SCUTTLE_OK
}

@_cdecl("scuttle_link_gossip") @implementation
public func scuttle_link_gossip(_ link: OpaquePointer!) -> CInt {
    enter(link: link) { (_, link) throws(Failure) in
        link.gossip()
        return link.successCode
    }
}

@_cdecl("scuttle_link_write") @implementation
public func scuttle_link_write(_ link: OpaquePointer!, _ bytes: UnsafeRawPointer!, _ len: Int) -> CInt {
    enter(link: link) { (handle, link) throws(Failure) in
        try write(ScuttleC.bytes(bytes, len), to: handle, link)
    }
}

@_cdecl("scuttle_link_read") @implementation
public func scuttle_link_read(
    _ link: OpaquePointer!, _ buffer: UnsafeMutableRawPointer!, _ capacity: Int, _ len: UnsafeMutablePointer<Int>!
) -> CInt {
    enter(link: link) { (handle, link) throws(Failure) in
        try required(len, "len").pointee = 0
        len.pointee = try read(from: handle, link, into: output(buffer, capacity))
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_link_peek") @implementation
public func scuttle_link_peek(
    _ link: OpaquePointer!, _ spans: UnsafeMutablePointer<scuttle_span_t>!, _ max: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> CInt {
    enter(link: link) { (handle, link) throws(Failure) in
        let (spans, count) = (try required(spans, "spans"), try required(count, "count"))
        var shown = 0
        count.pointee = 0
        try link.peek(maxCount: try length(max, "spans")) { bytes in
            spans[shown] = scuttle_span_t(data: bytes.baseAddress, len: bytes.count)
            shown += 1
        }
        // The host may not read bytes of changes that are not stored.
        if handle.owner.object.hasStore { try handle.owner.object.settleStore() }
        count.pointee = shown
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_link_consume") @implementation
public func scuttle_link_consume(_ link: OpaquePointer!, _ bytes: Int) -> CInt {
    enter(link: link) { (_, link) throws(Failure) in
        try link.consume(bytes)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_write") @implementation
public func scuttle_write(_ replica: OpaquePointer!, _ bytes: UnsafeRawPointer!, _ len: Int) -> CInt {
    enter(replica) { (handle, _) throws(Failure) in
        let bytes = try ScuttleC.bytes(bytes, len)
        let shortForm = try handle.shortFormLink()
        return try write(bytes, to: shortForm, shortForm.link)
    }
}

@_cdecl("scuttle_read") @implementation
public func scuttle_read(
    _ replica: OpaquePointer!, _ buffer: UnsafeMutableRawPointer!, _ capacity: Int, _ len: UnsafeMutablePointer<Int>!
) -> CInt {
    enter(replica) { (handle, _) throws(Failure) in
        try required(len, "len").pointee = 0
        let output = try output(buffer, capacity)
        let shortForm = try handle.shortFormLink()
        len.pointee = try read(from: shortForm, shortForm.link, into: output)
        return SCUTTLE_OK
    }
}

private func write(_ bytes: Bytes, to handle: LinkHandle, _ link: Link) throws(Failure) -> CInt {
    try handle.receive(bytes, on: link)
    return link.successCode
}

private func read(
    from handle: LinkHandle, _ link: Link, into output: UnsafeMutableRawBufferPointer
) throws(Failure) -> Int {
    let count = try link.read(into: output)
    if handle.owner.object.hasStore {
        try handle.settleRead(of: Bytes(rebasing: UnsafeRawBufferPointer(output)[..<count]))
    }
    return count
}

private func output(
    _ buffer: UnsafeMutableRawPointer?, _ capacity: Int
) throws(Failure) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: try required(buffer, "buffer"), count: try length(capacity, "buffer"))
}
