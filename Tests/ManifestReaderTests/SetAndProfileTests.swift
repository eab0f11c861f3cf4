import FleetModel
import Foundation
import ManifestReader
import Testing

/// What good sets, profiles, variables and values from elsewhere mean.
@Suite struct SetAndProfileTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("kernel", to: "vmlinuz")
    }

    private static let head = """
        apiVersion: lodge/v1
        kind: Fleet
        metadata: {name: shop}
        spec:
          policy: {maxImpact: restart, maxUnavailable: 2}
          defaults:
            memory: 64MiB
            cpus: 1
            boot: {kernel: ./vmlinuz, cmdline: quiet}
            stop: {graceful: 5s}
        ---
        apiVersion: lodge/v1
        kind: Network
        metadata: {name: lan}
        spec: {mode: nat, ipv4: {subnet: 10.77.0.0/16}, mtu: 1400, filter: {spoofing: allow, betweenGuests: deny}}
        ---

        """

    private func fleet(_ text: String, values: ValueSources = ValueSources()) throws -> DesiredFleet {
        let source = ManifestSource.text(Array((Self.head + text).utf8), file: "fleet.yaml", folder: folder.path)
        let reading = readManifests([source], values: values, requireFleet: true)
        #expect(reading.diagnostics.map(\.summary) == [])
        return try #require(reading.fleet)
    }

    private static let set = """
        apiVersion: lodge/v1
        kind: GuestSet
        metadata: {name: web, formerly: www}
        spec:
          replicas: 12
          template:
            metadata: {labels: {tier: web}}
            spec:
              profiles: [connected]
              maxMemory: 1GiB
              cloudInit: {hostname: "web-{index}.internal"}
          rollout: {maxUnavailable: 3, pauseAfterFailure: false}
        ---
        apiVersion: lodge/v1
        kind: Profile
        metadata: {name: connected}
        spec:
          nics: [{name: eth0, network: lan, ipv4: "10.77.1.{index}", bandwidth: 100Mbit}]
        """

    @Test func aSetMakesGuests() throws {
        let fleet = try fleet(Self.set)
        #expect(
            Set(fleet.guests.map(\.name.text)) == Set((0..<12).map { "web-\($0)" }) && fleet.guests.count == 12)
        #expect(fleet.guests.map(\.name) == fleet.guests.map(\.name).sorted())
        let last = try #require(fleet.guests.first { $0.name.text == "web-11" })
        #expect(last.set?.text == "web" && last.formerly?.text == "www-11" && last.labels == ["tier": "web"])
        #expect(last.nics[0].ipv4?.description == "10.77.1.11" && last.nics[0].bandwidth == .megabits(100))
        #expect(last.cloudInit?.hostname == "web-11.internal")
        #expect(last.memory == .mib(64) && last.maxMemory == .gib(1) && last.stopGrace == .seconds(5))
        let set = try #require(fleet.sets.first)
        #expect(fleet.sets.count == 1 && set.maxUnavailable == 3 && !set.pausesAfterFailure && set.name.text == "web")
        #expect(fleet.policy == FleetPolicy(maxImpact: .restart, maxUnavailable: 2))
        let network = fleet.networks[0].spec
        #expect(network.mtu == 1400 && network.filter == NetworkFilter(spoofing: .allow, betweenGuests: .deny))
    }

    @Test func aSetOfEqualGuestsIsWhatSingleGuestsAre() throws {
        let spec = "{memory: 128MiB, cpus: 2, nics: [{name: eth0, network: lan}]}"
        let set = try fleet(
            "apiVersion: lodge/v1\nkind: GuestSet\nmetadata: {name: a}\nspec: {replicas: 3, template: {spec: \(spec)}}")
        let single = try fleet(
            (0..<3).map { "apiVersion: lodge/v1\nkind: Guest\nmetadata: {name: a-\($0)}\nspec: \(spec)" }
                .joined(separator: "\n---\n"))
        func bare(_ guests: [DesiredGuest]) -> [DesiredGuest] {
            guests.map { guest in
                var guest = guest
                (guest.set, guest.origin, guest.origins) = (nil, nil, [])
                return guest
            }
        }
        #expect(bare(set.guests) == bare(single.guests))
    }

    @Test func aSetOfNoneIsNone() throws {
        let fleet = try fleet(
            Self.set.replacingOccurrences(of: "replicas: 12", with: "replicas: 0")
                + "\n---\napiVersion: lodge/v1\nkind: Guest\nmetadata: {name: a}\nspec: {nics: [{name: e, network: lan}]}"
        )
        #expect(fleet.guests.map(\.name.text) == ["a"] && fleet.sets.map(\.name.text) == ["web"])
    }

    private static let profiles = """
        apiVersion: lodge/v1
        kind: Profile
        metadata: {name: low}
        spec:
          memory: 128MiB
          cpus: 2
          boot: {cmdline: low}
          disks: [{name: a, size: 1GiB}, {name: b, size: 1GiB}]
          nics: [{name: eth0, network: lan}]
          ready: {when: address}
        ---
        apiVersion: lodge/v1
        kind: Profile
        metadata: {name: high}
        spec:
          memory: 256MiB
          boot: {cmdline: null}
          disks:
            - {name: c, size: 1GiB, iops: 5, bandwidth: 64MiB/s, onRemove: delete, onDestroy: keep, format: raw}
            - {name: d, size: 1GiB, bus: scsi, cache: none, aio: native, discard: ignore}
            - {name: e, size: 1GiB, aio: io_uring, ioThread: true}
          ready: {timeout: 1s}
          update: {maxImpact: live, order: createFirst}
          protect: true
          restart: always
        ---

        """

    @Test func profilesLieOnOneAnother() throws {
        let guests = try fleet(
            Self.profiles
                + """
                apiVersion: lodge/v1
                kind: Guest
                metadata: {name: a}
                spec: {profiles: [low, high], cpus: 4}
                ---
                apiVersion: lodge/v1
                kind: Guest
                metadata: {name: b}
                spec: {profiles: [high, low], ready: null}
                """
        ).guests
        let (a, b) = (guests[0], guests[1])
        #expect(a.cpus == 4 && a.memory == .mib(256) && a.disks.map(\.name.text) == ["c", "d", "e"])
        #expect(b.cpus == 2 && b.memory == .mib(128) && b.disks.map(\.name.text) == ["a", "b"])
        guard case .kernel(_, nil, "") = a.boot, case .kernel(_, nil, "low") = b.boot else {
            Issue.record("\(String(describing: a.boot)), \(String(describing: b.boot))")
            return
        }
        #expect(a.ready == Readiness(.address, timeout: .seconds(1)) && b.ready == Readiness())
        #expect(a.disks[0].iops == 5 && a.disks[0].bandwidth == DataRate(bytesPerSecond: 64 << 20))
        #expect(a.disks[0].onRemove == .delete && b.disks[0].onRemove == .keep)
        #expect(a.disks[0].onDestroy == .keep && b.disks[0].onDestroy == .delete)
        #expect(a.disks[0].format == .raw && b.disks[0].format == .qcow2)
        let (direct, own) = (a.disks[1], a.disks[2])
        #expect(direct.bus == .scsi && direct.cache == .none && direct.aio == .native && direct.discard == .ignore)
        #expect(own.bus == .virtio && own.aio == .ioUring && own.hasIOThread && !direct.hasIOThread)
        #expect(a.update == UpdatePolicy(maxImpact: .live, order: .createFirst) && a.isProtected)
        #expect(a.restart == .always && a.stopGrace == .seconds(5))
    }

    @Test func originsLeadToWhatSetAValue() throws {
        let text =
            Self.profiles
            + "apiVersion: lodge/v1\nkind: Guest\nmetadata: {name: a, labels: {x: y}}\nspec: {profiles: [low, high], cpus: 4}"
        let lines = (Self.head + text).split(separator: "\n", omittingEmptySubsequences: false)
        let origins = try fleet(text).guests[0].origins
        func line(_ path: String) -> String? {
            origins.first { $0.path == path }.map {
                String(lines[$0.range.line - 1]).trimmingCharacters(in: .whitespaces)
            }
        }
        #expect(line("cpus") == "spec: {profiles: [low, high], cpus: 4}")
        #expect(line("memory") == "memory: 256MiB")
        #expect(line("labels") == "metadata: {name: a, labels: {x: y}}")
        #expect(line("boot.kernel") == "boot: {kernel: ./vmlinuz, cmdline: quiet}")
        #expect(line("boot.cmdline") == nil, "null took it away")
        #expect(line("disks.c.iops")?.hasPrefix("- {name: c") == true)
        #expect(line("disks.c") != nil && line("disks.a") == nil && line("disks.c.name") == nil)
        #expect(line("nics.eth0.network") == "nics: [{name: eth0, network: lan}]")
        #expect(line("ready.when") == "ready: {when: address}" && line("ready.timeout") == "ready: {timeout: 1s}")
        #expect(line("stop.graceful") == "stop: {graceful: 5s}")
        #expect(line("update.order")?.hasPrefix("update:") == true && line("machine") == nil)
        #expect(Set(origins.map(\.path)).count == origins.count)
    }

    @Test func guestsOfASetShareTheirOrigins() throws {
        let guests = try fleet(Self.set).guests
        #expect(Set(guests.map(\.origins)).count == 1)
        #expect(guests[0].origins.contains { $0.path == "nics.eth0.ipv4" })
        let named = try fleet(
            """
            apiVersion: lodge/v1
            kind: GuestSet
            metadata: {name: a}
            spec:
              replicas: 3
              template: {spec: {disks: [{name: "d{index}", size: 1GiB}], nics: [{name: eth0, network: lan}]}}
            """
        ).guests
        for (index, guest) in named.enumerated() {
            #expect(guest.origins.contains { $0.path == "disks.d\(index).size" })
        }
    }
}
