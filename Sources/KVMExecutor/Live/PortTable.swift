import FleetModel
import QMP

/// The PCI Express ports of a running guest, and what is plugged into them.
struct PortTable: Sendable {
    struct Port: Hashable, Sendable {
        var name: String
        /// The ids of the devices on it; empty text for one without an id. Nil: not known, since the guest's firmware
        /// has not numbered the bus yet.
        var devices: [String]?
    }

    let ports: [Port]

    init(_ buses: [QueryPCI.Bus]) {
        ports = buses.flatMap(\.devices).compactMap { device in
            guard device.id.hasPrefix(PCIPorts.prefix), let bridge = device.bridge else { return nil }
            return Port(
                name: device.id, devices: bridge.bus.secondary == 0 ? nil : (bridge.devices ?? []).map(\.id))
        }
    }

    /// True once it is known of every port what is on it.
    var isKnown: Bool { ports.allSatisfy { $0.devices != nil } }
    var free: [String] { ports.filter { $0.devices == [] }.map(\.name) }
    /// Devices by id, or by their port where they have none.
    var devices: [String] {
        ports.flatMap { port in (port.devices ?? []).map { $0.isEmpty ? "a device without an id on \(port.name)" : $0 }
        }
    }
}

extension GuestMonitor {
    /// A port for one more device, or nil where all are taken. Waits while the guest's firmware numbers its buses.
    func freePort() async throws(ExecutorError) -> String? {
        let table = try await poll(for: .seconds(30), every: .milliseconds(100)) { () throws(ExecutorError) in
            let table = PortTable(try await execute(QueryPCI()))
            return table.isKnown ? table : nil
        }
        guard let table else {
            throw ExecutorError(
                operation, "the guest has not set up its PCI buses",
                advice: "wait until it has started, or restart it: it has the device then")
        }
        return table.free.first
    }

    /// True where the guest has the device.
    func has(_ device: String) async throws(ExecutorError) -> Bool {
        try await execute(QOMList(path: "/machine/peripheral")).contains { $0.name == device }
    }

    /// Unplugs the device; that it is gone already is no error.
    ///
    /// - Returns: false where the guest did not let go of it.
    func letGo(of device: String, within patience: Duration) async throws(ExecutorError) -> Bool {
        guard try await has(device) else { return true }
        do throws(ExecutorError) {
            return try await unplug(device, within: patience)
        } catch {
            // The guest may let go just now of what was asked of it before, by a run that was cut off.
            guard try await has(device) else { return true }
            throw error
        }
    }
}
