/// An IPv4 network in CIDR form, `10.77.0.0/24`. The bits behind the prefix are zero.
public struct IPv4Subnet: TextCoded {
    public let base: IPv4Address
    /// 0 to 32.
    public let prefix: Int

    /// Nil where the prefix is out of range or the address has bits set behind it.
    public init?(base: IPv4Address, prefix: Int) {
        guard (0...32).contains(prefix), base.bits & ~Self.mask(prefix) == 0 else { return nil }
        self.base = base
        self.prefix = prefix
    }

    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPv4Address(parsing: String(parts[0])),
            parts[1].utf8.count <= 2, let prefix = Int(parts[1]), parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        self.init(base: base, prefix: prefix)
    }

    /// The subnet that an address with a prefix belongs to.
    public init(containing address: IPv4Address, prefix: Int) {
        base = IPv4Address(bits: address.bits & Self.mask(prefix))
        self.prefix = prefix
    }

    static func mask(_ prefix: Int) -> UInt32 { prefix == 0 ? 0 : ~UInt32(0) << UInt32(32 - prefix) }

    public var broadcast: IPv4Address { IPv4Address(bits: base.bits | ~Self.mask(prefix)) }
    public var netmask: IPv4Address { IPv4Address(bits: Self.mask(prefix)) }

    /// The addresses that a host may have: all but the network's own and the broadcast address.
    /// Nil for /31 and /32, which have no room for a gateway and a guest.
    public var usable: IPv4Range? {
        guard prefix <= 30 else { return nil }
        return IPv4Range(first: IPv4Address(bits: base.bits + 1), last: IPv4Address(bits: broadcast.bits - 1))
    }

    public func contains(_ address: IPv4Address) -> Bool { address.bits & Self.mask(prefix) == base.bits }

    public func overlaps(_ other: IPv4Subnet) -> Bool { contains(other.base) || other.contains(base) }

    public var description: String { "\(base)/\(prefix)" }
}
