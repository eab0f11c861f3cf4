import CLinux

/// An IPv4 address of an interface.
public struct InterfaceAddress: Hashable, Sendable {
    public let interface: InterfaceIndex
    /// The interface's own address and the length of its network's prefix.
    public let prefix: InternetPrefix

    /// Reads `RTM_NEWADDR`.
    init(_ message: ReceivedMessage) throws(MalformedMessage) {
        guard Int(message.type) == Int(RTM_NEWADDR) else {
            throw MalformedMessage("a message of type \(message.type) where an address was expected")
        }
        let (header, attributes) = try message.decode(ifaddrmsg.self)
        // On a point-to-point interface IFA_ADDRESS is the other side's.
        let local = try attributes.internetAddress(IFA_LOCAL)
        let address = if let local { local } else { try attributes.internetAddress(IFA_ADDRESS) }
        guard let address, let prefix = InternetPrefix(address, length: Int(header.ifa_prefixlen)) else {
            throw MalformedMessage("an address of interface \(header.ifa_index) lacks its value or a sound prefix")
        }
        self.prefix = prefix
        interface = InterfaceIndex(rawValue: Int32(bitPattern: header.ifa_index))
    }
}
