import FleetModel
import Foundation
import Planner
import Testing

@testable import ManifestReader

/// The table of impacts is whole, and the documentation says what it says.
@Suite struct ImpactTableTests {
    private func paths(_ kind: String) -> Set<String> {
        Set(fieldEffects.filter { $0.kind == kind }.map(\.path))
    }

    /// Every field that a manifest may have, by the tables that manifests are read with. A mapping is in the table
    /// where its fields are, or as a whole.
    @Test func everyFieldOfManifestsIsInIt() {
        let mappings: [(kind: String, prefix: String, table: FieldTable)] = [
            ("Fleet", "", FleetField.table), ("Host", "", HostField.table),
            ("Host", "reserve.", HostReserveField.table),
            ("Host", "overcommit.", HostOvercommitField.table), ("Host", "storage.", HostStorageField.table),
            ("Host", "capacity.", HostCapacityField.table),
            ("Network", "", NetworkField.table), ("Network", "ipv4.", NetworkIPv4Field.table),
            ("Network", "ipv4.dhcp.", NetworkDHCPField.table), ("Network", "dns.", NetworkDNSField.table),
            ("Image", "", ImageField.table), ("Guest", "", GuestField.table), ("Guest", "boot.", GuestBootField.table),
            ("Guest", "cpu.", GuestCPUField.table), ("Guest", "disks.NAME.", GuestDiskField.table),
            ("Guest", "nics.NAME.", GuestNICField.table), ("Guest", "cloudInit.", CloudInitField.table),
            ("Guest", "stop.", GuestStopField.table), ("Guest", "ready.", GuestReadyField.table),
        ]
        for (kind, prefix, table) in mappings {
            let known = paths(kind)
            for name in table.supportedNames {
                let path = prefix + name
                #expect(
                    known.contains(path) || known.contains { $0.hasPrefix(path + ".") },
                    "\(kind) \(path) is missing from the table of impacts")
            }
        }
    }

    /// Every property of what plans compare, and of what manifests become.
    @Test func everyPropertyIsInIt() throws {
        let fleet = try GuestFleet().desired
        let guest = fleet.guests[0]
        let objects: [(kind: String, prefix: String, value: Any)] = [
            ("Guest", "", guest), ("Guest", "update.", guest.update), ("Guest", "disks.NAME.", guest.disks[0]),
            ("Guest", "nics.NAME.", guest.nics[0]), ("Guest", "cloudInit.", guest.cloudInit!),
            ("Network", "", fleet.networks[0].spec), ("Network", "filter.", fleet.networks[0].spec.filter),
            ("Fleet", "policy.", fleet.policy), ("Host", "", fleet.hosts[0]), ("Host", "", fleet.hosts[0].policy),
            ("GuestSet", "", DesiredGuestSet(name: name("web"))),
        ]
        for (kind, prefix, value) in objects {
            let known = paths(kind)
            for label in Mirror(reflecting: value).children.compactMap(\.label) {
                guard let path = Self.otherNames["\(kind).\(prefix)\(label)"] ?? prefix + label else { continue }
                #expect(
                    known.contains(path) || known.contains { $0.hasPrefix(path + ".") },
                    "\(kind).\(prefix)\(label) is missing from the table of impacts")
            }
        }
    }

    /// Properties that manifests call something else; nil: where a value is from, which is no field.
    private static let otherNames: [String: String?] = [
        "Guest.name": "metadata.name", "Guest.formerly": "metadata.formerly", "Guest.labels": "metadata.labels",
        "Guest.maxCPUs": "maxCpus", "Guest.cpuModel": "cpu", "Guest.hasTPM": "tpm", "Guest.stopGrace": "stop.graceful",
        "Guest.isProtected": "protect", "Guest.set": nil, "Guest.secrets": "valueFrom",
        "Guest.origin": nil, "Guest.origins": nil,
        "Network.subnet": "ipv4.subnet", "Network.gateway": "ipv4.gateway", "Network.range": "ipv4.dhcp.range",
        "Network.lease": "ipv4.dhcp.lease", "Network.domain": "dns.domain", "Network.upstream": "dns.upstream",
        "Host.name": nil, "Host.labels": "metadata.labels", "Host.policy": nil, "Host.origin": nil,
        "Host.reservedMemory": "reserve.memory", "Host.reservedCPUs": "reserve.cpus",
        "Host.reservedDisk": "storage.reserve", "Guest.disks.NAME.hasIOThread": "disks.NAME.ioThread",
        "Host.memoryOvercommit": "overcommit.memory", "Host.cpuOvercommit": "overcommit.cpu",
        "Host.memory": "capacity.memory", "Host.cpus": "capacity.cpus", "Host.disk": "capacity.disk",
        "GuestSet.name": nil, "GuestSet.origin": nil,
        "GuestSet.maxUnavailable": "rollout.maxUnavailable",
        "GuestSet.pausesAfterFailure": "rollout.pauseAfterFailure",
    ]

    /// What a guest is on its host: where any part of it differs, a plan says so.
    @Test func noPartOfAGuestChangesUnseen() throws {
        let fleet = try GuestFleet()
        let changes: [String: (inout GuestSpec) -> Void] = [
            "labels": { $0.labels = ["a": "b"] }, "cpus": { $0.cpus = 3 }, "maxCPUs": { $0.maxCPUs = 7 },
            "memory": { $0.memory = .mib(300) }, "maxMemory": { $0.maxMemory = .gib(3) },
            "machine": { $0.machine = .microvm }, "accelerator": { $0.accelerator = .tcg },
            "cpuModel": { $0.cpuModel = "x" }, "firmware": { $0.firmware = .uefi }, "hasTPM": { $0.hasTPM = true },
            "devices": { $0.devices = .legacy }, "display": { $0.display = .vnc },
            "boot": { $0.boot = BootSpec(cmdline: "x") },
            "disks": { $0.disks[0].iops = 7 }, "nics": { $0.nics[0].bandwidth = .megabits(1) },
            "cloudInit": { $0.cloudInit?.onChange = .restart }, "power": { $0.power = .stopped },
            "stopGrace": { $0.stopGrace = .seconds(3) }, "isProtected": { $0.isProtected = true },
            "secrets": { $0.secrets = ["cloudInit.userData": .environment("X")] },
        ]
        for label in Mirror(reflecting: fleet.live.definition.spec).children.compactMap(\.label) {
            let change = try #require(changes[label], "no change of \(label) is tried")
            var other = fleet
            change(&other.live.definition.spec)
            #expect(other.plan().changes.contains { $0.address.kind == .guest }, "\(label)")
        }
    }

    @Test func rowsHaveNamesOfTheirOwn() {
        let ids = fieldEffects.flatMap { $0.effects.map(\.id) }
        #expect(Set(ids).count == ids.count, "\(ids.filter { id in ids.count { $0 == id } > 1 })")
    }

    /// What is said to interrupt nothing was seen to interrupt nothing, or it is said that it was not.
    @Test func everyLiveRowIsRun() throws {
        let tests = try ImpactTable.testsOfRows()
        let live = fieldEffects.flatMap(\.effects).filter { $0.outcome == .impact(.live) }.map(\.id)
        let unseen = live.filter { tests[$0] == nil }
        #expect(Set(unseen) == Set(ImpactTable.notRun.keys), "rows that no test runs, and those that are said to be so")
    }

    @Test func theDocumentHasTheTable() throws {
        let tests = try ImpactTable.testsOfRows()
        let ids = Set(fieldEffects.flatMap { $0.effects.map(\.id) })
        #expect(Set(tests.keys).isSubset(of: ids), "tests of rows that are not there")
        let document = try String(contentsOf: ImpactTable.document, encoding: .utf8)
        let before = try #require(document.range(of: ImpactTable.start)).upperBound
        let after = try #require(document.range(of: ImpactTable.end)).lowerBound
        let table = "\n" + ImpactTable.markdown(tests: tests)
        if ProcessInfo.processInfo.environment["LODGE_UPDATE_GOLDENS"] != nil {
            let text = document[..<before] + table + document[after...]
            try text.write(to: ImpactTable.document, atomically: true, encoding: .utf8)
        } else {
            #expect(document[before..<after] == table, "run with LODGE_UPDATE_GOLDENS=1, and read the difference")
        }
    }
}
