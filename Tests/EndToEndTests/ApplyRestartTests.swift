import FleetModel
import HostSystem
import Testing

/// What a changed manifest does to a guest that has to go down for it: a tiny one, on microvm.
@Suite(.serialized, .needsHost) struct ApplyRestartTests {
    private static let address = "10.77.0.16"

    private struct Subject {
        let lab: Lab
        var fleet: Fleet
        var guest: GuestManifest

        /// Edits the manifest and applies it: the plan names exactly these fields with their impacts, and the guest
        /// has another process afterwards.
        mutating func apply(
            _ fields: [String: String], sourceLocation: SourceLocation = #_sourceLocation,
            _ edit: (inout GuestManifest, inout Fleet) -> Void
        ) async throws {
            edit(&guest, &fleet)
            fleet.guests[0] = guest.guest("web-1")
            try await lab.apply(
                fleet, changing: "web-1", fields, interrupts: true, sourceLocation: sourceLocation)
        }

        func expectAnswer(sourceLocation: SourceLocation = #_sourceLocation) async {
            let address = ApplyRestartTests.address
            #expect(await lab.pings(address), "the guest does not answer", sourceLocation: sourceLocation)
        }

        var spec: GuestSpec { get async throws { try #require(try await lab.guest("web-1").process).spec } }
        var folder: GuestFolder {
            lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!)
        }
    }

    /// Impact row: guest.cpus.more-microvm, guest.cpus.fewer-microvm, guest.memory.more-microvm
    /// Impact row: guest.disks.add-microvm, guest.disks.remove-restart, guest.disks.delete-restart, guest.disks.root
    /// Impact row: guest.disks.image.root, guest.disks.image.data, guest.disks.size.less-root
    /// Impact row: guest.disks.size.less-data, guest.nics.add-microvm, guest.nics.remove-microvm, guest.nics.mac.any
    /// Impact row: guest.nics.ipv4.any, guest.cpu.model.any, guest.accelerator.any, guest.boot.image.any
    /// Impact row: guest.cloudInit.hostname.microvm, guest.cloudInit.users.microvm, guest.cloudInit.userData.microvm
    /// Impact row: guest.cloudInit.hostname.restart, guest.cloudInit.users.restart, guest.cloudInit.userData.restart
    /// Impact row: guest.cloudInit.hostname.replace, guest.cloudInit.users.replace, guest.cloudInit.userData.replace
    /// Impact row: image.sha256.any, image.format.any, network.ipv4.subnet.any, network.ipv4.gateway.any
    /// Impact row: guest.machine.any, guest.metadata.name.any
    @Test(.needsKVM) func aManifestThatChangesItsGuestWithARestart() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            let guest = GuestManifest(
                fields: ["ready": "{when: started}"],
                disks: ["name: root, image: blank, size: 8MiB", "name: data, size: 8MiB"],
                nics: ["name: eth0, network: lan, mac: \"52:54:00:00:00:10\", ipv4: \(Self.address)"])
            fleet.guests = [guest.guest("web-1")]
            try await lab.expectConverges(fleet)
            var subject = Subject(lab: lab, fleet: fleet, guest: guest)
            try await devices(&subject)
            try await seed(&subject)
            try await machine(&subject)
            try await disks(&subject)
            try await network(&subject)
            try await another(&subject)
            #expect(try await lab.destroy(subject.fleet).code == 0)
            try await lab.expect(before)
        }
    }

    private func devices(_ subject: inout Subject) async throws {
        try await subject.apply(["cpus": "restart", "memory": "restart"]) { guest, _ in
            guest.fields["cpus"] = "2"
            guest.fields["memory"] = "24MiB"
        }
        await subject.expectAnswer()
        let seen = try await subject.spec
        #expect(seen.cpus == 2 && seen.memory == .mib(24))
        try await subject.apply(["cpus": "restart", "disks.logs": "restart", "nics.eth1": "restart"]) { guest, _ in
            guest.fields["cpus"] = "1"
            guest.disks.append("name: logs, size: 8MiB, onRemove: delete")
            guest.nics.append("name: eth1, network: lan, ipv4: 10.77.0.26")
        }
        let open = ProcessTable.openFiles(of: try await subject.lab.pid("web-1"))
        #expect(open.contains(subject.folder.disk(Name(parsing: "logs")!)))
        #expect(open.count { $0.hasSuffix("/net/tun") } == 2)
        try await subject.apply(["disks.data": "restart", "disks.logs": "destroy", "nics.eth1": "restart"]) {
            guest, _ in
            guest.disks.removeLast(2)
            guest.nics.removeLast()
        }
        await subject.expectAnswer()
        #expect(Files.exists(subject.folder.disk(Name(parsing: "data")!)))
        #expect(!Files.exists(subject.folder.disk(Name(parsing: "logs")!)))
    }

    private func seed(_ subject: inout Subject) async throws {
        for (number, terms) in ["ignore", "restart", "replace"].enumerated() {
            let impact = terms == "replace" ? "replace" : "restart"
            var fields = ["hostname", "users", "userData"].reduce(into: [:]) { $0["cloudInit.\($1)"] = impact }
            if number > 0 { fields["cloudInit.onChange"] = "live" }
            try await subject.apply(fields) { guest, _ in
                guest.cloudInit = [
                    "hostname": "name-\(number)", "users": "[{name: user-\(number)}]", "onChange": terms,
                ]
                guest.script.append("# number \(number)")
            }
            await subject.expectAnswer()
            let seed = String(decoding: try Files.read(subject.folder.seed), as: UTF8.self)
            for word in ["name-\(number)", "user-\(number)", "# number \(number)"] {
                #expect(seed.contains(word), "the seed lacks \(word)")
            }
        }
    }

    private func machine(_ subject: inout Subject) async throws {
        try await subject.apply(["accelerator": "restart", "cpu.model": "restart"]) { guest, _ in
            guest.fields["accelerator"] = "tcg"
            guest.fields["cpu"] = "{model: max}"
        }
        await subject.expectAnswer()
        // The 16 bytes at the image's end are code; what is before them is padding.
        var firmware = try Files.read(TestGuests.tiny)
        let padding = firmware.count - 17
        #expect(firmware[padding] == 0)
        firmware[padding] = 1
        let path = "\(subject.lab.folder)/other.bin"
        try DurableFile.write(firmware, to: path)
        try await subject.apply(
            [
                "boot.image": "restart", "nics.eth0.mac": "restart", "nics.eth0.ipv4": "restart",
                "disks.data": "restart", "disks.base": "restart",
            ]
        ) { guest, _ in
            guest.fields["boot"] = "{image: \(path)}"
            guest.nics = ["name: eth0, network: lan, mac: \"52:54:00:00:00:66\", ipv4: 10.77.0.102"]
            guest.disks += ["name: data, size: 8MiB", "name: base, image: blank, size: 8MiB"]
        }
        #expect(await subject.lab.pings("10.77.0.102"))
        try await subject.apply(["nics.eth0.mac": "restart", "nics.eth0.ipv4": "restart"]) { guest, _ in
            guest.nics = ["name: eth0, network: lan, mac: \"52:54:00:00:00:10\", ipv4: \(Self.address)"]
        }
        await subject.expectAnswer()
    }

    private func disks(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let raw = try await lab.blankImage("blank", content: "other bytes")
        let path = "\(lab.folder)/blank"
        try await Command.run(
            "qemu-img", ["convert", "-f", "raw", "-O", "qcow2", "\(path).raw", "\(path).qcow2"], package: "qemu-utils")
        subject.fleet.images = [
            raw.replacing("blank.raw", with: "blank.qcow2").replacing("format: raw", with: "format: qcow2")
        ]
        let plan = try await lab.planned(subject.fleet)
        #expect(try plan.fields(of: "image.blank") == ["sha256": "live", "format": "live"])
        try await subject.apply(
            [
                "disks.root.image": "replace", "disks.root.size": "replace", "disks.base.image": "destroy",
                "disks.data.size": "destroy",
            ]
        ) { guest, _ in
            guest.disks = [
                "name: root, image: blank, size: 6MiB", "name: data, size: 4MiB",
                "name: base, image: blank, size: 8MiB",
            ]
        }
        await subject.expectAnswer()
        let size = try await Command.run(
            "qemu-img", ["info", "-U", subject.folder.disk(Name(parsing: "data")!)], package: "qemu-utils")
        #expect(size.contains("4 MiB"), "\(size)")

        try await subject.apply(["disks.system": "replace", "disks.root": "restart"]) { guest, _ in
            guest.disks[0] = "name: system, image: blank, size: 8MiB"
        }
        await subject.expectAnswer()
        let names = try await subject.spec.disks.map(\.name.text)
        #expect(names == ["system", "data", "base"])
    }

    /// A network that changes its addresses restarts the guests on it, of which nothing else changes.
    private func network(_ subject: inout Subject) async throws {
        let lab = subject.lab
        let spec = ["mode: nat", "ipv4: {subnet: 10.77.0.0/17, gateway: 10.77.0.2}", "dns: {domain: e2e.internal}"]
        subject.fleet.networkSpec = spec
        let plan = try await lab.planned(subject.fleet)
        let fields = try plan.fields(of: "network.lan")
        #expect(fields["ipv4.subnet"] == "restart" && fields["ipv4.gateway"] == "restart", "\(fields)")
        try await subject.apply([:]) { _, _ in }
        await subject.expectAnswer()
        let bridge = try #require(try await lab.bridges().first)
        #expect(try await lab.ip("-4", "-o", "address", "show", bridge).contains("10.77.0.2/17"))
    }

    private func another(_ subject: inout Subject) async throws {
        let lab = subject.lab
        // Another guest, of whose name nobody says that it is an old one's.
        let id = try await lab.guest("web-1").definition.id
        subject.fleet.guests[0].name = "web-2"
        let plan = try await lab.planned(subject.fleet)
        let goes = try #require(plan.resourceChanges.first { $0.address == "guest.web-1" })
        #expect(goes.impact == "destroy" && goes.change.actions == ["delete"])
        try await lab.expectConverges(subject.fleet)
        await subject.expectAnswer()
        #expect(try await lab.live().guests.map(\.definition.name.text) == ["web-2"])
        #expect(try await lab.guest("web-2").definition.id != id)

        // The firmware is no q35's: it does not hear of the power button.
        subject.guest.fields["machine"] = "q35"
        subject.guest.fields["stop"] = "{graceful: 0s}"
        subject.fleet.guests[0] = subject.guest.guest("web-2")
        try await lab.apply(
            subject.fleet, changing: "web-2", ["machine": "replace", "stop.graceful": "live"], interrupts: true)
        let process = try #require(ProcessTable.entry(try await lab.pid("web-2")))
        #expect(process.arguments.contains { $0.hasPrefix("q35") }, "\(process.arguments)")
    }
}
