import CLinux

/// A message from the kernel, taken from its datagram and not yet interpreted.
struct ReceivedMessage: Equatable, Sendable {
    let type: UInt16
    let flags: UInt16
    /// The number of the request that this answers.
    let sequence: UInt32
    /// What follows `struct nlmsghdr`.
    let payload: ArraySlice<UInt8>

    /// The messages of one datagram, in order.
    static func split(_ datagram: ArraySlice<UInt8>) throws(MalformedMessage) -> [ReceivedMessage] {
        var messages: [ReceivedMessage] = []
        var reader = ByteReader(datagram)
        while !reader.remaining.isEmpty {
            let header = try reader.read(nlmsghdr.self)
            let length = Int(header.nlmsg_len)
            guard length >= MemoryLayout<nlmsghdr>.size else {
                throw MalformedMessage("a message says that it is \(length) bytes long, less than its own header")
            }
            let payload = try reader.take(length - MemoryLayout<nlmsghdr>.size)
            reader.skipPadding(after: length)
            messages.append(
                ReceivedMessage(
                    type: header.nlmsg_type, flags: header.nlmsg_flags, sequence: header.nlmsg_seq, payload: payload))
        }
        return messages
    }

    /// The family's fixed header and the attributes after it.
    func decode<Header: BitwiseCopyable>(
        _ header: Header.Type
    ) throws(MalformedMessage) -> (header: Header, attributes: ReceivedAttributes) {
        var reader = ByteReader(payload)
        let header = try reader.read(Header.self)
        reader.skipPadding(after: MemoryLayout<Header>.size)
        return (header, try ReceivedAttributes(reader.remaining))
    }
}
