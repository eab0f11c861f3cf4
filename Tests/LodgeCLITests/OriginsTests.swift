import FleetModel
import LodgeCLI
import Testing

/// `lodge show --origins`: every value, and where it was written.
@Suite struct OriginsTests {
    private static var fleet: DesiredFleet {
        func origin(_ path: String, _ file: String, _ line: Int) -> FieldOrigin {
            FieldOrigin(path: path, range: SourceRange(file: file, line: line, column: 5))
        }
        var fleet = Scenario.desired
        fleet.networks[0].origins = [origin("mode", "lan.yaml", 4), origin("ipv4.subnet", "lan.yaml", 6)]
        fleet.images[0].origins = [origin("source", "images.yaml", 4)]
        fleet.guests = [
            DesiredGuest(
                name: Scenario.name("web-0"), labels: ["tier": "web"], memory: .gib(1), maxMemory: .gib(2),
                boot: .kernel(Scenario.file("vmlinuz"), initrd: nil, cmdline: "password=s3cret"),
                disks: [
                    DesiredDisk(
                        name: Scenario.name("data"), size: .gib(1), iops: 100,
                        bandwidth: DataRate(bytesPerSecond: 1_000_000), onRemove: .delete)
                ],
                nics: [
                    DesiredNIC(name: Scenario.name("eth0"), network: Scenario.name("lan"), bandwidth: .megabits(100))
                ],
                cloudInit: CloudInit(
                    hostname: "s3cret", users: [.init(name: "ops", sshKeys: ["s3cret"])], userData: "#!s3cret\nx"),
                isProtected: true, set: Scenario.name("web"),
                secrets: [
                    "boot.cmdline": .environment("A"), "cloudInit.hostname": .environment("A"),
                    "cloudInit.users.ops.sshKeys.0": .environment("A"), "cloudInit.userData": .file("/a"),
                ],
                origins: [
                    origin("labels", "web.yaml", 4), origin("memory", "profiles.yaml", 7),
                    origin("disks.data.iops", "web.yaml", 12), origin("cloudInit.userData", "web.yaml", 20),
                ]),
            DesiredGuest(
                name: Scenario.name("plain"), memory: .mib(64), boot: .image(Scenario.file("tiny")),
                cloudInit: CloudInit(userData: "#!/bin/sh\n\u{1B}[2J")),
        ]
        return fleet
    }

    @Test func everyFieldSaysWhereItWasSet() { expectGolden(renderOrigins(Self.fleet, style: .plain), "origins.txt") }

    @Test func sensitiveValuesAreNotShown() {
        #expect(!renderOrigins(Self.fleet, style: .plain).contains("s3cret"))
        #expect(!renderOriginsJSON(Self.fleet).contains("s3cret"))
    }
}
