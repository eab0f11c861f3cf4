import CLinux

/// An IPv4 route.
public struct RouteEntry: Hashable, Sendable {
    /// `0.0.0.0/0` for a default route.
    public let destination: InternetPrefix
    /// nil where the destination is reached directly, or by several ways.
    public let gateway: InternetAddress?
    /// nil where packets are dropped or refused, or go several ways.
    public let outputInterface: InterfaceIndex?
    /// `RT_TABLE_MAIN` (254) is the one that applies where no rule says otherwise.
    let table: UInt32

    /// Reads `RTM_NEWROUTE`.
    init(_ message: ReceivedMessage) throws(MalformedMessage) {
        guard Int(message.type) == Int(RTM_NEWROUTE) else {
            throw MalformedMessage("a message of type \(message.type) where a route was expected")
        }
        let (header, attributes) = try message.decode(rtmsg.self)
        let address = try attributes.internetAddress(RTA_DST.rawValue) ?? InternetAddress(rawValue: 0)
        guard let destination = InternetPrefix(address, length: Int(header.rtm_dst_len)) else {
            throw MalformedMessage("a route's prefix has \(header.rtm_dst_len) bits")
        }
        self.destination = destination
        gateway = try attributes.internetAddress(RTA_GATEWAY.rawValue)
        outputInterface = try attributes.integer(RTA_OIF.rawValue).map(InterfaceIndex.init)
        // The attribute carries numbers over 255, for which the header has no room.
        table = try attributes.integer(RTA_TABLE.rawValue) ?? UInt32(header.rtm_table)
    }
}
