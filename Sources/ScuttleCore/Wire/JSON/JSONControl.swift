/// Hello, request and the short messages of the extended dialect, each a line of JSON.
extension ByteBuffer {
    mutating func putJSON(_ hello: Hello) {
        beginJSON("hello")
        put(#"{"protocol":["#)
        put(UInt64(hello.protocolVersions.lowerBound))
        put(",")
        put(UInt64(hello.protocolVersions.upperBound))
        put(#"],"source":"#)
        putJSONString(hello.source)
        put(#","incarnation":"#)
        put(hello.incarnation)
        put(#","cluster":"#)
        putJSONString(hello.cluster)
        put(#","lamport":"#)
        put(hello.lamport)
        put(#","epoch":"#)
        put(hello.epoch)
        put(#","revision":"#)
        put(hello.revision)
        put(#","hash":""#)
        putHexadecimal(hello.hash)
        put("\"")
        if let contents = hello.contents {
            put(#","contents":""#)
            putHexadecimal(contents.high)
            putHexadecimal(contents.low)
            put("\"")
        }
        put(#","nonce":"#)
        put(hello.nonce)
        if let progress = hello.progress { putJSONProgress(progress) }
        if hello.token > 0 {
            put(#","token":"#)
            put(hello.token)
        }
        put(hello.isReply ? #","reply":true}}"# : #","reply":false}}"#)
        put("\n")
    }

    mutating func putJSON(_ request: VectorRequest) {
        beginJSON("request")
        put(#"{"revision":"#)
        put(request.revision)
        put(#","from":"#)
        put(UInt64(truncatingIfNeeded: request.from))
        if request.retired.count > 0 { putJSON(#","retired":"#, request.retired) }
        put("}}\n")
    }

    mutating func putJSON(_ reason: RejectReason) {
        beginJSON("reject")
        put(#"{"reason":""#)
        put(reason.name)
        put("\"}}\n")
    }

    /// Writes that another live incarnation of the peer's name exists.
    mutating func putJSONTwin() {
        beginJSON("twin")
        put("true}\n")
    }

    /// Writes the receiver's token, which proves the address of a datagram's sender.
    mutating func putJSONEcho(_ token: UInt64) {
        putJSON("echo", token)
    }

    /// Writes the token that the receiver has to echo.
    mutating func putJSONChallenge(_ token: UInt64) {
        putJSON("challenge", token)
    }
}
