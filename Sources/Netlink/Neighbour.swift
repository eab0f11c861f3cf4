import CLinux

/// An entry of the ARP cache.
public struct Neighbour: Hashable, Sendable {
    public let interface: InterfaceIndex
    public let address: InternetAddress
    /// nil while it is being asked for, or where nobody answered.
    public let hardwareAddress: HardwareAddress?
    public let state: NeighbourState

    /// Reads `RTM_NEWNEIGH`.
    init(_ message: ReceivedMessage) throws(MalformedMessage) {
        guard Int(message.type) == Int(RTM_NEWNEIGH) else {
            throw MalformedMessage("a message of type \(message.type) where a neighbour was expected")
        }
        let (header, attributes) = try message.decode(ndmsg.self)
        guard let address = try attributes.internetAddress(NDA_DST) else {
            throw MalformedMessage("a neighbour on interface \(header.ndm_ifindex) has no address")
        }
        self.address = address
        interface = InterfaceIndex(rawValue: header.ndm_ifindex)
        hardwareAddress = attributes.hardwareAddress(NDA_LLADDR)
        state = NeighbourState(rawValue: header.ndm_state) ?? .unspecified
    }
}
