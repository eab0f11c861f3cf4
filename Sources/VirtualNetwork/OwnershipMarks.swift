import FleetModel
import Netlink

/// How the interfaces, rules and processes of one instance are told from everybody else's.
///
/// - A bridge is made with the instance's group number (the kernel ignores an alias at that moment) and gets its
///   alias, the network's mark, once it is complete.
/// - A tap's alias is `<guest's mark>/<NIC>@<network's id>`: the id says which bridge it belongs to, also after that
///   bridge was deleted under it.
/// - A table of rules bears instance and network id in its name.
/// - A DHCP server's command line names a file of the instance, in the instance's run folder.
struct OwnershipMarks: Sendable {
    let instance: InstanceID

    /// The interface group (`IFLA_GROUP`) of everything that the instance makes: its 8 hexadecimal digits as a number,
    /// the upper two bits set to 01 so that it is neither 0, the group of all unmarked interfaces, nor negative.
    var group: UInt32 { UInt32(instance.text, radix: 16)! & 0x3FFF_FFFF | 0x4000_0000 }

    private var prefix: String { "lodge:\(instance)/" }

    /// True where the alias is this instance's, or where there is none yet and the group is.
    func own(_ link: Link) -> Bool {
        guard let alias = link.alias, !alias.isEmpty else {
            return link.group == group && link.name.hasPrefix(InterfaceName.prefix)
        }
        return alias.hasPrefix(prefix)
    }

    func tapAlias(_ owner: Owner, guest: Name, nic: NICSpec) -> String {
        "\(owner.mark(.guest, guest))/\(nic.name)@\(nic.networkID)"
    }

    /// What an alias of this instance says: `lodge:<instance>/<fleet>/<kind>/<name>…`.
    struct Owned: Hashable {
        var fleet: Name
        var kind: Kind
        var name: Name
        /// Of a tap: which network it belongs to.
        var network: ObjectID?
    }

    /// Nil where the alias is not this instance's, or not in the form that Lodge writes.
    func read(_ alias: String?) -> Owned? {
        guard let alias, alias.hasPrefix(prefix) else { return nil }
        let halves = alias.dropFirst(prefix.count).split(separator: "@", omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard halves.count <= 2, parts.count >= 3, let fleet = Name(parsing: parts[0]),
            let kind = Kind(rawValue: parts[1]), let name = Name(parsing: parts[2])
        else { return nil }
        let network = halves.count == 2 ? ObjectID(parsing: String(halves[1])) : nil
        return Owned(fleet: fleet, kind: kind, name: name, network: network)
    }

    func tableName(_ network: ObjectID) -> String { "\(tablePrefix)\(network)" }

    var tablePrefix: String { "lodge_\(instance)_" }

    /// The network whose table has this name; nil where it is not one of this instance's.
    func network(ofTable name: String) -> ObjectID? {
        name.hasPrefix(tablePrefix) ? ObjectID(parsing: String(name.dropFirst(tablePrefix.count))) : nil
    }
}
