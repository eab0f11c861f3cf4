import FleetModel
import HostSystem

/// The reservations and names of one network: the texts of its files, by the files' names.
struct ReservationTable: Equatable {
    /// In the form of dnsmasq's `dhcp-hostsdir`.
    private(set) var reservations: [String: String] = [:]
    /// In the form of hosts(5).
    private(set) var names: [String: String] = [:]

    /// What they are to be.
    init(of network: ObjectID, _ guests: [NetworkGuest]) {
        for guest in guests {
            for nic in guest.nics where nic.networkID == network {
                let file = Self.file(guest.id, nic.name)
                guard reservations[file] == nil else { continue }
                reservations[file] = Self.reservation(nic)
                names[file] = Self.names(nic, guest: guest.name, hostname: guest.hostname)
            }
        }
    }

    /// What they are.
    init(in folder: NetworkFolder) {
        reservations = Self.texts(folder.reservations)
        names = Self.texts(folder.names)
    }

    private static func texts(_ folder: String) -> [String: String] {
        let files = (try? Files.list(folder)) ?? []
        return Dictionary(files.map { ($0, Files.text("\(folder)/\($0)") ?? "") }) { first, _ in first }
    }

    static func file(_ guest: ObjectID, _ nic: Name) -> String { "\(guest)-\(nic)" }

    static func reservation(_ nic: NICSpec) -> String { "\(nic.mac),\(nic.ipv4)\n" }

    static func names(_ nic: NICSpec, guest: Name, hostname: String) -> String {
        "\(nic.ipv4) \(hostname == guest.text ? hostname : "\(guest) \(hostname)")\n"
    }
}
