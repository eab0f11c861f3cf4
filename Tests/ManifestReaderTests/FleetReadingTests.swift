import FleetModel
import Foundation
import ManifestReader
import Testing

/// What good manifests mean.
@Suite struct FleetReadingTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("kernel", to: "vmlinuz")
        try folder.write("initrd", to: "initrd")
        try folder.write(String(repeating: "disk", count: 300), to: "disk.raw")
    }

    static let documents: [String] = [
        """
        apiVersion: lodge/v1
        kind: Fleet
        metadata: {name: shop}
        spec:
          defaults:
            memory: 256MiB
            cpus: 2
            cpu: {model: max}
            stop: {graceful: 5s}
            power: stopped
            nics: [{name: eth0, network: lan}]
        """,
        """
        apiVersion: lodge/v1
        kind: Host
        metadata: {name: rack-1, labels: {zone: a}}
        spec:
          connection: simulated
          reserve: {memory: 1GiB, cpus: 1}
          overcommit: {memory: 1.5, cpu: 8}
          capacity: {memory: 64GiB, cpus: 16, disk: 1TiB}
          cordoned: true
          privilege: none
        """,
        """
        apiVersion: lodge/v1
        kind: Network
        metadata: {name: lan, formerly: net}
        spec:
          mode: nat
          ipv4: {subnet: 10.77.0.0/24, gateway: 10.77.0.254, dhcp: {range: 10.77.0.100-10.77.0.199, lease: 2h}}
          dns: {domain: demo.internal, upstream: [9.9.9.9]}
        """,
        """
        apiVersion: lodge/v1
        kind: Network
        metadata: {name: dark}
        spec: {mode: isolated, ipv4: {subnet: 10.78.0.0/24}}
        """,
        """
        apiVersion: lodge/v1
        kind: Image
        metadata: {name: base}
        spec: {source: disk.raw}
        """,
        """
        apiVersion: lodge/v1
        kind: Guest
        metadata: {name: web-1, formerly: www-1, labels: {tier: web}}
        spec:
          host: rack-1
          memory: 1GiB
          machine: microvm
          accelerator: kvm
          boot: {kernel: ./vmlinuz, initrd: ./initrd, cmdline: "console=ttyS0"}
          disks: [{name: root, image: base}, {name: data, size: 20G}]
          nics: [{name: eth0, network: lan, mac: "52:54:00:AA:bb:cc", ipv4: 10.77.0.10}, {name: eth1, network: dark}]
          cloudInit:
            hostname: web
            users: [{name: ops, sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk ops@home], sudo: true, shell: /bin/sh}]
            userData: |
              #!/bin/sh
              echo hello
          power: running
          stop: {}
          ready: {when: 'console:"login: "', timeout: 5m}
        """,
        """
        apiVersion: lodge/v1
        kind: Guest
        metadata: {name: app-1}
        spec: {disks: [{name: root, image: base, size: 1MiB}], cpu: null}
        """,
    ]

    private func reading(_ documents: [String]) -> ManifestReading {
        let text = documents.joined(separator: "\n---\n")
        return readManifests([.text(Array(text.utf8), file: "fleet.yaml", folder: folder.path)], requireFleet: true)
    }

    private func fleet(_ documents: [String] = documents) throws -> DesiredFleet {
        let reading = reading(documents)
        #expect(reading.diagnostics.map(\.summary) == [])
        return try #require(reading.fleet)
    }

    @Test func guestsAreReadWhole() throws {
        let guest = try #require(try fleet().guests.last)
        #expect(guest.name.text == "web-1")
        #expect(guest.formerly?.text == "www-1")
        #expect(guest.labels == ["tier": "web"])
        #expect(guest.host?.text == "rack-1")
        #expect(guest.cpus == 2)
        #expect(guest.memory == .gib(1))
        #expect(guest.machine == .microvm)
        #expect(guest.accelerator == .kvm)
        #expect(guest.cpuModel == "max")
        let kernel = LocalFile(path: folder.path + "/vmlinuz", digest: Digest(of: "kernel"), size: ByteCount(bytes: 6))
        let initrd = LocalFile(path: folder.path + "/initrd", digest: Digest(of: "initrd"), size: ByteCount(bytes: 6))
        #expect(guest.boot == .kernel(kernel, initrd: initrd, cmdline: "console=ttyS0"))
        #expect(guest.disks.map(\.name.text) == ["root", "data"])
        // 1,200 bytes are three sectors of 512.
        #expect(guest.disks.map(\.size.bytes) == [1536, 20_000_000_000])
        #expect(guest.nics.map(\.network.text) == ["lan", "dark"])
        #expect(guest.nics[0].mac?.description == "52:54:00:aa:bb:cc")
        #expect(guest.nics[0].ipv4?.description == "10.77.0.10")
        #expect(guest.nics[1].mac == nil && guest.nics[1].ipv4 == nil)
        #expect(guest.cloudInit?.hostname == "web")
        #expect(guest.cloudInit?.userData == "#!/bin/sh\necho hello\n")
        let user = try #require(guest.cloudInit?.users.first)
        #expect(user.name == "ops" && user.sudo && user.shell == "/bin/sh")
        #expect(user.sshKeys == ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk ops@home"])
        #expect(guest.power == .running)
        #expect(guest.stopGrace == .seconds(5))
        #expect(guest.ready == Readiness(.console(text: "login: "), timeout: .seconds(300)))
        #expect(guest.origin?.line == 42)
    }

    @Test func defaultsLieUnderGuests() throws {
        let guest = try #require(try fleet().guests.first)
        #expect(guest.name.text == "app-1")
        #expect(guest.memory == .mib(256))
        #expect(guest.cpus == 2)
        #expect(guest.cpuModel == nil, "null takes a default away")
        #expect(guest.power == .stopped)
        #expect(guest.nics.map(\.name.text) == ["eth0"])
        #expect(guest.disks.map(\.size) == [.mib(1)])
        #expect(guest.machine == .q35 && guest.accelerator == .auto && guest.boot == nil && guest.host == nil)
        #expect(guest.ready == Readiness(.started, timeout: .seconds(120)))
    }

    @Test func hostsAndNetworksAreReadWhole() throws {
        let fleet = try fleet()
        let host = fleet.hosts[0]
        #expect(
            host.connection == .simulated && host.cordoned && host.privilege == .none && host.labels == ["zone": "a"])
        #expect(
            host.policy
                == HostPolicy(
                    reservedMemory: .gib(1), reservedCPUs: 1, memoryOvercommit: 1.5, cpuOvercommit: 8,
                    memory: .gib(64), cpus: 16, disk: .gib(1024)))
        #expect(fleet.networks.map(\.name.text) == ["dark", "lan"])
        let dark = fleet.networks[0].spec
        #expect(dark.mode == .isolated && dark.gateway.description == "10.78.0.1")
        #expect(dark.range.description == "10.78.0.1-10.78.0.254" && dark.lease == .seconds(3600))
        let lan = fleet.networks[1].spec
        #expect(fleet.networks[1].formerly?.text == "net")
        #expect(lan.gateway.description == "10.77.0.254" && lan.range.description == "10.77.0.100-10.77.0.199")
        #expect(lan.lease == .seconds(7200) && lan.domain == "demo.internal" && lan.upstream.count == 1)
        #expect(fleet.images[0].format == .raw && fleet.images[0].virtualSize?.bytes == 1200)
    }

    @Test func withoutHostsThereIsOneThatIsLocal() throws {
        let fleet = try fleet(
            [Self.documents[0].replacingOccurrences(of: "network: lan", with: "network: dark"), Self.documents[3]].map {
                $0 + "\n"
            } + ["apiVersion: lodge/v1\nkind: Guest\nmetadata: {name: a}\nspec: {host: local, boot: {image: vmlinuz}}"])
        #expect(fleet.hosts.map(\.name.text) == ["local"])
        #expect(fleet.hosts[0].connection == .local)
    }

    @Test func originsOfNetworksAndImagesLeadToWhatSetThem() throws {
        let fleet = try fleet()
        let lines = Self.documents.joined(separator: "\n---\n").split(
            separator: "\n", omittingEmptySubsequences: false)
        func written(_ origins: [FieldOrigin]) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: origins.map { origin in
                    (origin.path, String(lines[origin.range.line - 1].dropFirst(origin.range.column - 1)))
                })
        }
        let lan = written(try #require(fleet.networks.last).origins)
        #expect(
            Set(lan.keys) == [
                "name", "mode", "ipv4.subnet", "ipv4.gateway", "ipv4.dhcp.range", "ipv4.dhcp.lease", "dns.domain",
                "dns.upstream",
            ])
        #expect(lan["name"]?.hasPrefix("lan, formerly") == true && lan["mode"] == "nat")
        #expect(lan["ipv4.gateway"]?.hasPrefix("10.77.0.254") == true)
        #expect(lan["ipv4.dhcp.lease"]?.hasPrefix("2h") == true && lan["dns.upstream"]?.hasPrefix("[9.9.9.9]") == true)
        #expect(Set(written(try #require(fleet.networks.first).origins).keys) == ["name", "mode", "ipv4.subnet"])
        #expect(written(try #require(fleet.images.first).origins) == ["name": "base}", "source": "disk.raw}"])
        let guest = written(try #require(fleet.guests.last).origins)
        #expect(guest["name"]?.hasPrefix("web-1,") == true && guest["disks"]?.hasPrefix("[{name: root") == true)
    }

    @Test func theOrderOfDocumentsDoesNotMatter() throws {
        var generator = HostileInputTests.Generator(state: 7)
        let reference = Self.withoutOrigins(try fleet())
        for _ in 0..<40 {
            let shuffled = Self.withoutOrigins(try fleet(Self.documents.shuffled(using: &generator)))
            #expect(shuffled == reference)
        }
    }

    private static func withoutOrigins(_ fleet: DesiredFleet) -> DesiredFleet {
        var fleet = fleet
        for index in fleet.hosts.indices { fleet.hosts[index].origin = nil }
        for index in fleet.networks.indices {
            (fleet.networks[index].origin, fleet.networks[index].origins) = (nil, [])
        }
        for index in fleet.images.indices {
            (fleet.images[index].origin, fleet.images[index].origins) = (nil, [])
        }
        for index in fleet.guests.indices {
            (fleet.guests[index].origin, fleet.guests[index].origins) = (nil, [])
        }
        return fleet
    }

    @Test func aManifestCutAnywhereIsReadWithoutHarm() throws {
        let bytes = Array(Self.documents.joined(separator: "\n---\n").utf8)
        for length in 0...bytes.count {
            let reading = readManifests(
                [.text(Array(bytes[..<length]), file: "cut.yaml", folder: folder.path)], requireFleet: true)
            #expect(reading.fleet != nil || reading.hasErrors)
        }
    }

    @Test func mergedMappingsMeanWhatTheirTextMeans() throws {
        let merged = """
            apiVersion: lodge/v1
            kind: Guest
            metadata: {name: a, labels: &l {x: "1", y: "2"}}
            spec: &spec {memory: 64MiB, cpus: 1, boot: {image: vmlinuz}, stop: {graceful: 1s}, nics: []}
            """
        let copies = """
            apiVersion: lodge/v1
            kind: Guest
            metadata: {name: a, labels: {<<: {x: "9", z: "3"}, x: "1"}}
            spec:
              <<: [{memory: 64MiB, cpus: 7}, {cpus: 8, stop: {graceful: 1s}}]
              boot: {<<: {image: nothing, kernel: nothing}, image: vmlinuz, kernel: null}
              cpus: 1
              nics: []
            """
        let fleetText = "apiVersion: lodge/v1\nkind: Fleet\nmetadata: {name: f}"
        let first = try #require(try fleet([fleetText, merged]).guests.first)
        let second = try #require(try fleet([fleetText, copies]).guests.first)
        #expect(second.labels == ["x": "1", "z": "3"])
        #expect(second.memory == first.memory && second.cpus == first.cpus && second.boot == first.boot)
        #expect(second.stopGrace == first.stopGrace)
    }
}
