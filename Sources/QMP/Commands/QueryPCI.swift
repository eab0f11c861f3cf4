/// `query-pci`: the PCI devices, as the guest's firmware or system has numbered their buses.
public struct QueryPCI: QMPCommand {
    public static let name = "query-pci"
    public typealias Reply = [Bus]

    /// Schema `PciInfo`, in part.
    public struct Bus: Sendable, Hashable, Decodable {
        public let devices: [Device]
    }

    /// Schema `PciDeviceInfo`, in part.
    public struct Device: Sendable, Hashable, Decodable {
        /// The id that it was made with; empty where it has none.
        public let id: String
        /// What is behind it, where it is a bridge.
        public let bridge: Bridge?
        /// What it wants mapped into the guest's memory.
        public let regions: [Region]?

        private enum CodingKeys: String, CodingKey {
            case regions
            case id = "qdev_id"
            case bridge = "pci_bridge"
        }
    }

    /// Schema `PciMemoryRegion`, in part.
    public struct Region: Sendable, Hashable, Decodable {
        public let bar: Int
        /// -1 where it is not mapped.
        public let address: Int64
    }

    /// Schema `PciBridgeInfo`, in part.
    public struct Bridge: Sendable, Hashable, Decodable {
        public let bus: Numbers
        /// Nil until the bus behind it has a number, though there may be devices.
        public let devices: [Device]?
    }

    /// Schema `PciBusInfo`, in part.
    public struct Numbers: Sendable, Hashable, Decodable {
        /// The bus behind the bridge; 0 until the guest's firmware or system has numbered it.
        public let secondary: Int
    }

    public init() {}
}
