import FleetModel
import HostSystem
import TestSupport
import Testing

@testable import LodgeCLI

/// What `lodge ssh` tells ssh.
@Suite struct LoginTests {
    private let folder = TemporaryFolder()
    private static let ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q"
    private static let ecdsa =
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5"

    private func definition(users: [CloudInit.User] = [], secrets: [String: SecretSource] = [:]) throws
        -> GuestDefinition
    {
        let (fleet, name) = (try #require(Name(parsing: "demo")), try #require(Name(parsing: "web-1")))
        return GuestDefinition(
            id: ObjectID(kind: .guest, fleet: fleet, name: name),
            owner: Owner(instance: try #require(InstanceID(parsing: "0a1b2c3d")), fleet: fleet), name: name,
            spec: GuestSpec(
                cpus: 1, memory: .mib(256), machine: .q35, accelerator: .tcg, cpuModel: "max",
                cloudInit: CloudInit(users: users), secrets: secrets))
    }

    @Test func keysAreReadFromWhatAGuestSays() {
        let text = "\(Self.ed25519) root@web-1\r\nno key\n\(Self.ecdsa)\nssh-rsa not/base64!\nssh-ed25519 short\n"
        #expect(HostKey.all(in: text) == HostKey.all(in: "\(Self.ecdsa)\n\(Self.ed25519)"))
        #expect(HostKey.all(in: text).count == 2)
        #expect(HostKey(line: "ssh-ed25519\u{1B}[2J \(Self.ed25519.dropFirst(12))") == nil)
        #expect(HostKey(line: "ssh-rsa " + String(repeating: "A", count: 9_000)) == nil)
    }

    /// A block that is not whole tells nothing; of several, the last one counts.
    @Test func keysOnAConsoleAreThoseOfTheLastBlock() {
        let (begin, end) = ("-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----")
        let first = "[ 1.0] boot\r\n\(begin)\r\n\(Self.ed25519) root@a\r\n\(end)\r\n"
        #expect(HostKey.all(onConsole: first) == HostKey.all(in: Self.ed25519))
        let second = first + "\(begin)\r\n[ 2.0] noise\r\n\(Self.ecdsa)\r\n\(end)\r\nlogin:\r\n"
        #expect(HostKey.all(onConsole: second) == HostKey.all(in: Self.ecdsa))
        #expect(HostKey.all(onConsole: second + "\(begin)\r\n\(Self.ed25519)\r\n").isEmpty)
        #expect(HostKey.all(onConsole: Self.ed25519).isEmpty)
    }

    @Test func pinnedKeysAreReadAsTheyWereWritten() throws {
        let pins = PinnedHostKeys(try definition(), folder: folder.path + "/state/lodge/known hosts")
        #expect(pins.keys.isEmpty)
        let keys = HostKey.all(in: "\(Self.ed25519)\n\(Self.ecdsa)")
        try pins.pin(keys)
        #expect(pins.keys == keys)
        #expect(try Files.read(pins.path).starts(with: Array("\(pins.alias) ecdsa-sha2-nistp256 AAAA".utf8)))
        try pins.pin(HostKey.all(in: Self.ecdsa))
        #expect(pins.keys == HostKey.all(in: Self.ecdsa))
        #expect(PinnedHostKeys.folder(["HOME": "/root"]) == "/root/.local/state/lodge/known_hosts")
        #expect(PinnedHostKeys.folder(["HOME": "/root", "XDG_STATE_HOME": "/s"]) == "/s/lodge/known_hosts")
        #expect(PinnedHostKeys.folder([:]) == nil)
    }

    @Test func theWayInIsTheManifests() throws {
        let users = [CloudInit.User(name: "ops", sshKeys: [Self.ed25519]), CloudInit.User(name: "ada")]
        let guest = try definition(
            users: users,
            secrets: [
                "cloudInit.users.ops.sshKeys.0": .file("/keys/one.pub"),
                "cloudInit.users.ops.sshKeys.1": .file("/keys/two.pub"),
                "cloudInit.users.ada.sshKeys.0": .environment("KEY"),
            ])
        func nic(_ name: String, _ address: String) throws -> NICSpec {
            NICSpec(
                name: try #require(Name(parsing: name)), network: guest.name, networkID: guest.id,
                mac: try #require(MACAddress(parsing: "52:54:00:00:00:01")),
                ipv4: try #require(IPv4Address(parsing: address)))
        }
        let hints = LoginHints(guest: guest, nics: [try nic("eth0", "10.77.0.10"), try nic("eth1", "10.78.0.10")])
        #expect(try hints.user() == "ops")
        #expect(try "\(hints.address(of: nil)) \(hints.address(of: "eth1"))" == "10.77.0.10 10.78.0.10")
        #expect(hints.identity(of: "ops", exists: { $0 == "/keys/two" }) == "/keys/two")
        #expect(hints.identity(of: "ops", exists: { _ in false }) == nil)
        #expect(hints.identity(of: "ada", exists: { _ in true }) == nil)
        #expect(throws: NoLogin.self) { try hints.address(of: "eth2") }
        #expect(throws: NoLogin.self) { try LoginHints(guest: guest, nics: []).address(of: nil) }
        #expect(throws: NoLogin.self) { try LoginHints(guest: definition(), nics: []).user() }
    }

    @Test func sshIsToldToTrustWhatIsPinnedAlone() throws {
        let pins = PinnedHostKeys(try definition(), folder: "/home/a%b/my state")
        var way = GuestLogin(
            address: try #require(IPv4Address(parsing: "10.77.0.10")), port: 2222, user: "ops", identity: "/k/id",
            isStrict: true, pins: pins, options: ["LogLevel=ERROR"])
        let path = "\"/home/a%%b/my state/\(pins.alias)\""
        let settings = [
            "LogLevel=ERROR", "HostKeyAlias=\(pins.alias)", "UserKnownHostsFile=\(path)", "CheckHostIP=no",
            "UpdateHostKeys=no", "StrictHostKeyChecking=yes", "User=ops", "HashKnownHosts=no", "Port=2222",
            "IdentityFile=/k/id", "IdentitiesOnly=yes",
        ]
        let expected = settings.flatMap { ["-o", $0] } + ["--", "10.77.0.10", "uname", "-a"]
        #expect(way.arguments(["uname", "-a"]) == expected)
        let block = way.configuration(host: try #require(Name(parsing: "web-1")))
        // Of each setting, ssh takes the first value.
        #expect(
            block.hasPrefix(
                "Host web-1\n    LogLevel=ERROR\n    HostName 10.77.0.10\n    HostKeyAlias \(pins.alias)\n"))
        #expect(block.contains("    UserKnownHostsFile \(path)\n    CheckHostIP no\n"))
        #expect(block.contains("    HashKnownHosts no\n"))
        way.isStrict = false
        #expect(way.arguments([]).contains("StrictHostKeyChecking=accept-new"))
    }
}
