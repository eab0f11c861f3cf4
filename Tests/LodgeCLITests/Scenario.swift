import FleetModel
import Planner
import SimulatedHost

/// A fleet of a few guests on one host, and what its manifests say next.
enum Scenario {
    static let host = name("local")

    static var desired: DesiredFleet {
        DesiredFleet(
            name: name("demo"), hosts: [DesiredHost(name: host)],
            networks: [
                DesiredNetwork(
                    name: name("lan"),
                    spec: NetworkSpec(
                        mode: .nat, subnet: IPv4Subnet(parsing: "10.77.0.0/24")!,
                        gateway: IPv4Address(parsing: "10.77.0.1")!,
                        range: IPv4Range(parsing: "10.77.0.100-10.77.0.199")!, domain: "demo.internal"))
            ],
            images: [image("debian-12", version: 1)],
            guests: [
                guest(
                    "db", memory: .gib(2), disks: [disk("root", "debian-12", .gib(10)), disk("data", nil, .gib(20))]),
                guest("web-0", memory: .mib(512), disks: [disk("root", "debian-12", .gib(10))]),
                guest("web-1", memory: .mib(512), disks: [disk("root", "debian-12", .gib(10))]),
                DesiredGuest(
                    name: name("tiny"), memory: .mib(128),
                    boot: .kernel(file("vmlinuz"), initrd: file("initrd"), cmdline: "console=ttyS0 quiet")),
            ])
    }

    static func file(_ text: String) -> LocalFile {
        LocalFile(path: "/srv/\(text)", digest: Digest(of: text), size: .mib(8))
    }

    static func image(_ text: String, version: Int) -> DesiredImage {
        DesiredImage(
            name: name(text),
            file: LocalFile(path: "/srv/\(text).qcow2", digest: Digest(of: "\(text)-\(version)"), size: .mib(330)),
            format: .qcow2, virtualSize: .gib(2))
    }

    static func disk(_ text: String, _ image: String?, _ size: ByteCount) -> DesiredDisk {
        DesiredDisk(name: name(text), image: image.map(name), size: size)
    }

    static func guest(_ text: String, memory: ByteCount, disks: [DesiredDisk]) -> DesiredGuest {
        DesiredGuest(
            name: name(text), labels: ["tier": text == "db" ? "data" : "web"], cpus: 1, memory: memory, disks: disks,
            nics: [DesiredNIC(name: name("eth0"), network: name("lan"))],
            cloudInit: CloudInit(users: [.init(name: "admin", sshKeys: ["ssh-ed25519 AAAA"], sudo: true)]))
    }

    static func name(_ text: String) -> Name { Name(parsing: text)! }

    /// 15.6 GiB of memory, 4 processors, a stranger of 1.5 GiB.
    static var emptyHost: SimulatedState {
        let facts = HostFacts(
            instance: InstanceID(parsing: "0badcafe")!, memory: .mib(16_000), cpus: 4, disk: .gib(120),
            diskAvailable: .gib(80), kvm: .limited("a 64-bit guest did not get past its first instructions"),
            qemuVersion: "7.2.22", bootID: "boot")
        return SimulatedState(
            live: LiveHost(
                facts: facts, strangers: [StrangerProcess(pid: 4711, name: "build-vm", memory: .mib(1536), cpus: 2)]))
    }

    /// The host once the fleet was applied to it.
    static var appliedHost: SimulatedState {
        var state = emptyHost
        for step in makePlan(desired: desired, hosts: observe(state)).steps {
            do { try state.perform(step.operation) } catch { fatalError("\(step.verb) \(step.address): \(error)") }
        }
        return state
    }

    static func observe(_ state: SimulatedState) -> [Name: HostObservation] { [host: .observed(state.observe())] }

    /// What was applied, after a week of other hands: a guest stopped, a bridge gone, a tap left over.
    static var driftedHost: SimulatedState {
        var state = appliedHost
        for index in state.live.guests.indices where state.live.guests[index].definition.name.text == "web-1" {
            state.live.guests[index].process = nil
            state.live.guests[index].state = .stopped
        }
        state.live.networks[0].defects = [.dhcpNotRunning, .rulesMissing]
        state.live.leftovers.append(
            Leftover(
                kind: .interface, subject: "lgt0123456789", proof: "its alias is lodge:0badcafe/demo/guest/old/eth0",
                fleet: name("demo")))
        return state
    }

    /// The manifests a week later.
    static var changed: DesiredFleet {
        var next = desired
        next.images = [image("debian-12", version: 1), image("debian-13", version: 1)]
        next.guests[0].disks[1].size = .gib(10)
        next.guests[0].memory = .gib(3)
        next.guests[0].labels = ["tier": "data", "ownerTeam": "ops"]
        next.guests[1].disks[0].image = name("debian-13")
        next.guests[2].name = name("www")
        next.guests[2].formerly = name("web-1")
        next.guests[3] = guest("web-2", memory: .mib(768), disks: [disk("root", "debian-13", .gib(10))])
        return next
    }
}
