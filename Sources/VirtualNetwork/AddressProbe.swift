import FleetModel
import Netlink

/// Finds out whether a guest's NIC answers on its network, by ARP: nothing has to listen in the guest, and no ping(8) on
/// the host.
struct AddressProbe {
    let instance: InstanceID
    let nic: NICSpec

    private static let discardPort: UInt16 = 9

    /// How long an answer may take: the kernel asks anew every second, the first time at once.
    private static let patience = Duration.seconds(1)

    /// Makes the kernel forget the address and ask for it again.
    ///
    /// - Returns: true where the NIC's own MAC address answers.
    func run() async throws -> Bool {
        let name = InterfaceName.bridge(instance, network: nic.networkID)
        guard let bridge = try NetlinkSocket().links.find(named: name)?.index else { return false }
        try forget(bridge)
        try Datagram.send([0], to: nic.ipv4, port: Self.discardPort, by: name)
        let clock = ContinuousClock()
        let deadline = clock.now + Self.patience
        var pause = Duration.milliseconds(1)
        while true {
            if let answer = try answer(bridge) { return answer.bytes == nic.mac.octets }
            guard clock.now < deadline else { return false }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    private func forget(_ bridge: InterfaceIndex) throws {
        do {
            try NetlinkSocket().neighbours.delete(InternetAddress(rawValue: nic.ipv4.bits), on: bridge)
        } catch {
            guard case .notFound = error.reason else { throw error }
        }
    }

    /// Who claims the address since it was forgotten; nil: nobody yet.
    private func answer(_ bridge: InterfaceIndex) throws -> HardwareAddress? {
        let entry = try NetlinkSocket().neighbours.list(on: bridge).first { $0.address.rawValue == nic.ipv4.bits }
        guard let entry, [.reachable, .stale, .delay, .probe].contains(entry.state) else { return nil }
        return entry.hardwareAddress
    }
}
