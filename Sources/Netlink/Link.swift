import CLinux

/// A network interface as the kernel shows it.
public struct Link: Hashable, Sendable {
    public let index: InterfaceIndex
    public let name: String
    /// The driver's kind, such as `bridge`, `tun` (taps as well) or `veth`; nil for hardware and the loopback.
    public let kind: String?
    /// The free text that its maker attached, at most 255 bytes.
    public let alias: String?
    /// The number for requests that concern many interfaces at once; 0 unless somebody set it.
    public let group: UInt32
    /// The bridge or bond whose port it is.
    public let master: InterfaceIndex?
    public let flags: LinkFlags
    public let operationalState: OperationalState
    /// The largest packet in bytes, without the Ethernet header.
    public let mtu: UInt32
    /// nil where the interface has none of Ethernet's form, as a tunnel.
    public let address: HardwareAddress?

    /// Whether it is switched on (`IFF_UP`). Whether it can carry traffic is the operational state's to say.
    public var isUp: Bool { flags.contains(.up) }

    /// Reads `RTM_NEWLINK`.
    init(_ message: ReceivedMessage) throws(MalformedMessage) {
        guard Int(message.type) == Int(RTM_NEWLINK) else {
            throw MalformedMessage("a message of type \(message.type) where an interface was expected")
        }
        let (header, attributes) = try message.decode(ifinfomsg.self)
        guard let name = attributes.string(IFLA_IFNAME), !name.isEmpty else {
            throw MalformedMessage("interface \(header.ifi_index) has no name")
        }
        self.name = name
        index = InterfaceIndex(rawValue: header.ifi_index)
        flags = LinkFlags(rawValue: header.ifi_flags)
        kind = try attributes.nest(IFLA_LINKINFO)?.string(IFLA_INFO_KIND)
        alias = attributes.string(IFLA_IFALIAS)
        group = try attributes.integer(IFLA_GROUP) ?? 0
        let master: Int32 = try attributes.integer(IFLA_MASTER) ?? 0
        self.master = master == 0 ? nil : InterfaceIndex(rawValue: master)
        operationalState = try attributes.integer(IFLA_OPERSTATE).flatMap(OperationalState.init) ?? .unknown
        mtu = try attributes.integer(IFLA_MTU) ?? 0
        address = attributes.hardwareAddress(IFLA_ADDRESS)
    }
}
