import FleetModel
import Glibc
import QMP

/// NICs that come to a running guest, leave it, and change their network.
struct LiveNICs {
    let monitor: GuestMonitor
    let definition: GuestDefinition
    let networking: GuestNetworking
    /// How long the guest may take to let go of a NIC.
    let patience: Duration

    /// How long a cable is seen to be pulled. Linux tells its programs of a change at most once a second
    /// (`net/core/link_watch.c`), and of none that is over by then.
    private static let pulled = Duration.milliseconds(2_500)

    /// Makes the NIC's tap and plugs the NIC in. QEMU alone holds the tap: it goes with the NIC, or with the guest.
    func add(_ nic: NICSpec) async throws(ExecutorError) -> LiveOutcome {
        guard !(try await monitor.has(device(nic.name))) else {
            // An interrupted run, or a move.
            try attempt { try networking.limitTap(definition, nic) }
            return .took(.addNIC(nic))
        }
        guard let port = try await monitor.freePort() else {
            return LiveOutcome(remark: "no PCI port is free for NIC \(nic.name): it comes with the next restart")
        }
        try await removeBackend(nic.name)
        try await plug(nic, into: port)
        return .took(.addNIC(nic))
    }

    func remove(_ name: Name) async throws(ExecutorError) -> LiveOutcome {
        guard try await monitor.letGo(of: device(name), within: patience) else {
            return LiveOutcome(
                remark: "the guest did not let go of NIC \(name) within \(patience), and keeps it until its restart")
        }
        try await removeBackend(name)
        try attempt { try networking.forgetTap(definition, name) }
        return .took(.removeNIC(name))
    }

    /// - Parameter bandwidth: nil: no limit.
    func limit(_ name: Name, _ bandwidth: DataRate?, in spec: GuestSpec) throws(ExecutorError) -> LiveOutcome {
        guard var nic = spec.nics.first(where: { $0.name == name }) else {
            throw ExecutorError(monitor.operation, "it has no NIC of this name", advice: "plan again")
        }
        nic.bandwidth = bandwidth
        try attempt { [nic] in try networking.limitTap(definition, nic) }
        return .took(.limitNIC(name, bandwidth))
    }

    /// Connects the NIC to its network, and lets the guest see its cable pulled and plugged, upon which it asks for an
    /// address. A NIC that gets another MAC address is a new one to the guest.
    ///
    /// - Parameter spec: what the process has until now.
    func move(_ nic: NICSpec, in spec: GuestSpec) async throws(ExecutorError) -> LiveOutcome {
        let isPlugged = try await monitor.has(device(nic.name))
        guard isPlugged, spec.nics.first(where: { $0.name == nic.name })?.mac == nic.mac else {
            let removed = try await remove(nic.name)
            guard removed.taken != nil else { return removed }
            let added = try await add(nic)
            // Where it could not be plugged in again, it is gone.
            return added.taken == nil ? LiveOutcome(taken: removed.taken, remark: added.remark) : .took(.moveNIC(nic))
        }
        try await monitor.execute(SetLink(device(nic.name), up: false))
        try attempt {
            try networking.moveTap(definition, nic)
            try networking.limitTap(definition, nic)
        }
        // Whoever interrupts this does not leave the cable out.
        try? await Task.sleep(for: Self.pulled)
        try await monitor.execute(SetLink(device(nic.name), up: true))
        return .took(.moveNIC(nic))
    }

    private func plug(_ nic: NICSpec, into port: String) async throws(ExecutorError) {
        let tap: CInt
        do { tap = try networking.openTap(definition, nic) } catch {
            throw ExecutorError(monitor.operation, "\(error)")
        }
        do throws(QMPError) {
            defer { close(tap) }
            try await monitor.session.sendDescriptor(tap, named: descriptor(nic.name))
        } catch {
            throw ExecutorError(monitor.operation, error)
        }
        do throws(ExecutorError) {
            // As QEMUCommandLine has them for a start.
            try await monitor.execute(
                "netdev_add",
                ["type": "tap", "id": .string(backend(nic.name)), "fd": .string(descriptor(nic.name))])
            try await monitor.execute(
                "device_add",
                [
                    "driver": "virtio-net-pci", "netdev": .string(backend(nic.name)),
                    "id": .string(device(nic.name)), "mac": .string("\(nic.mac)"), "bus": .string(port), "addr": "0",
                    "romfile": "",
                ])
        } catch {
            try? await removeBackend(nic.name)
            throw error
        }
    }

    /// Makes QEMU close the NIC's tap, wherever an earlier run has left it.
    private func removeBackend(_ nic: Name) async throws(ExecutorError) {
        for (command, arguments) in [
            ("netdev_del", ["id": .string(backend(nic))]), ("closefd", ["fdname": .string(descriptor(nic))]),
        ] as [(String, QMPValue)] {
            do throws(QMPError) {
                _ = try await monitor.session.execute(command, arguments: arguments)
            } catch {
                // There is none.
                guard case .refused = error.reason else { throw ExecutorError(monitor.operation, error) }
            }
        }
    }

    private func attempt(_ body: () throws -> Void) throws(ExecutorError) {
        do { try body() } catch { throw ExecutorError(monitor.operation, "\(error)") }
    }

    private func device(_ nic: Name) -> String { "nic-\(nic)" }
    private func backend(_ nic: Name) -> String { "net-\(nic)" }
    private func descriptor(_ nic: Name) -> String { "tap-\(nic)" }
}
