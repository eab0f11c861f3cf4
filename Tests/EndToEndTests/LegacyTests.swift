import FleetModel
import HostSystem
import Testing

/// A guest as they were before virtio: IDE disks and an e1000, from whose disk a BIOS boots (Tests/Guests/ide-system).
@Suite(.serialized, .needsHost) struct LegacyTests {
    private func fleet(_ lab: Lab, _ edit: (inout [String: String]) -> Void = { _ in }) -> Fleet {
        var fields = [
            "memory": "32MiB", "devices": "legacy", "display": "vnc", "cloudInit": "{hostname: old}",
            "nics": "[{name: eth0, network: lan, ipv4: 10.77.0.10}]",
            "disks": "[{name: root, image: sector}, {name: data, size: 8MiB, iops: 100}]",
            "ready": "{when: 'console:\"idle\"', timeout: 300s}", "stop": "{graceful: 120s}",
        ]
        edit(&fields)
        var fleet = Fleet()
        fleet.defaults = ["accelerator: tcg"]
        fleet.images = [
            "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: sector\nspec:\n  source: \(TestGuests.ideSystem)\n"
                + "  format: raw\n"
        ]
        fleet.guests = [
            Fleet.Guest(name: "web-1", fields: fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
        ]
        return fleet
    }

    /// Impact row: guest.memory.less-legacy, guest.disks.size.more-restart, guest.disks.iops.any, guest.nics.add-microvm
    @Test func bootsFromIDE() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            try await lab.expectConverges(fleet(lab))
            let log = try await lab.lodge("logs", "web-1")
            #expect(log.says("boot sector", "second sector", "disks 2", "network 8086:100e", "idle"), "\(log)")
            let guest = try await lab.guest("web-1")
            #expect(guest.definition.spec.machine == .pc && guest.definition.spec.disks.allSatisfy { $0.bus == .ide })
            #expect(guest.defects.isEmpty && guest.freePorts == nil)
            #expect(greeting(at: try #require(guest.display)) == "RFB 003.008\n")
            let asked = try await lab.lodge("exec", "web-1", "--", "true")
            #expect(asked.code == 1 && asked.says("legacy devices", "no channel"), "\(asked)")

            // What needs nothing of the guest is done while it runs; what would need drivers waits for a restart.
            let limit = "[{name: root, image: sector}, {name: data, size: 8MiB, iops: 200}]"
            try await lab.apply(fleet(lab) { $0["disks"] = limit }, changingLive: "disks.data.iops")
            let other = fleet(lab) { fields in
                fields["disks"] = "[{name: root, image: sector}, {name: data, size: 16MiB, iops: 200}]"
                fields["memory"] = "24MiB"
                fields["nics"] = "[{name: eth0, network: lan, ipv4: 10.77.0.10}, {name: eth1, network: lan}]"
            }
            // It hears the power button, and goes down by itself for it.
            try await lab.apply(
                other, changing: "web-1",
                ["disks.data.size": "restart", "memory": "restart", "nics.eth1": "restart"], interrupts: true)
            let stopped = try await lab.lodge("stop", "web-1")
            #expect(stopped.code == 0 && !stopped.says("turned off"), "\(stopped)")
            #expect(lab.displays.isEmpty)
            #expect(try await lab.destroy(other).code == 0)
            try await lab.expect(before)
        }
    }
}
