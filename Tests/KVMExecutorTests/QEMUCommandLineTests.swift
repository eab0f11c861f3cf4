import FleetModel
import FoundationEssentials
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

/// The command lines of typical guests, as files in `Goldens`: an argument a line. LODGE_UPDATE_GOLDENS=1 writes them.
@Suite struct QEMUCommandLineTests {
    private static var descriptors: QEMUCommandLine.Descriptors {
        QEMUCommandLine.Descriptors(qmp: 3, observer: 4, console: 5, agent: 6, consoleLog: 9, taps: [7, 8], tpm: 10)
    }

    private static func nic(_ text: String, _ number: UInt32) -> NICSpec {
        NICSpec(
            name: name(text), network: name("lan"),
            networkID: ObjectID(kind: .network, fleet: name("demo"), name: name("lan")),
            mac: MACAddress(bits: 0x5254_0000_0000 | UInt64(number)), ipv4: IPv4Address(bits: 0x0A4D_0000 | number))
    }

    private static var q35: GuestSpec {
        GuestSpec(
            cpus: 4, memory: .gib(2), machine: .q35, accelerator: .kvm, cpuModel: "host",
            disks: [
                DiskSpec(
                    name: name("root"), base: .init(image: name("debian"), digest: digest("a"), format: .qcow2),
                    size: .gib(10)),
                DiskSpec(name: name("a-disk-with-quite-a-long-name"), size: .gib(1)),
            ],
            nics: [nic("eth0", 10), nic("eth1", 11)], cloudInit: CloudInit())
    }

    private static var microvm: GuestSpec {
        GuestSpec(
            cpus: 1, memory: .mib(16), machine: .microvm, accelerator: .tcg, cpuModel: "max",
            boot: BootSpec(image: digest("b")), disks: [DiskSpec(name: name("data"), size: .mib(1))],
            nics: [nic("eth0", 12)])
    }

    private static var kernel: GuestSpec {
        GuestSpec(
            cpus: 1, memory: .mib(128), machine: .q35, accelerator: .tcg, cpuModel: "max",
            boot: BootSpec(
                kernel: digest("c"), initrd: digest("d"), cmdline: "console=ttyS0,115200 root=\"a b\" ip=,,,x quiet"))
    }

    /// What a guest has that can become larger while it runs, but has no seed yet.
    private static var growing: GuestSpec {
        GuestSpec(
            cpus: 2, maxCPUs: 8, memory: .mib(129), maxMemory: .gib(1), machine: .q35, accelerator: .tcg,
            cpuModel: "max", boot: BootSpec(kernel: digest("c")))
    }

    /// What a current Windows asks for, and a screen.
    private static var secure: GuestSpec {
        GuestSpec(
            cpus: 2, memory: .gib(1), machine: .q35, accelerator: .kvm, cpuModel: "host", firmware: .uefiSecure,
            hasTPM: true, display: .vnc, disks: [DiskSpec(name: name("root"), size: .gib(10))])
    }

    /// What a system has that was there before virtio.
    private static var legacy: GuestSpec {
        GuestSpec(
            cpus: 1, memory: .mib(64), machine: .pc, accelerator: .tcg, cpuModel: "max", devices: .legacy,
            display: .vnc,
            disks: ["root", "data", "more"].map { DiskSpec(name: name($0), size: .gib(1), bus: .ide) },
            nics: [nic("eth0", 13)], cloudInit: CloudInit())
    }

    /// The older machine, for systems that have drivers for virtio.
    private static var pc: GuestSpec {
        GuestSpec(
            cpus: 1, memory: .mib(64), machine: .pc, accelerator: .tcg, cpuModel: "max",
            disks: [DiskSpec(name: name("root"), size: .gib(1))], nics: [nic("eth0", 14)], cloudInit: CloudInit())
    }

    /// A disk on each bus, and each in another way.
    private static var disks: GuestSpec {
        GuestSpec(
            cpus: 1, memory: .mib(128), machine: .q35, accelerator: .tcg, cpuModel: "max",
            disks: [
                DiskSpec(name: name("root"), size: .gib(1), format: .raw, cache: .none, aio: .native),
                DiskSpec(name: name("log"), size: .gib(1), bus: .scsi, cache: .unsafe, discard: .ignore),
                DiskSpec(name: name("data"), size: .gib(1), aio: .ioUring, hasIOThread: true),
                DiskSpec(name: name("old"), size: .gib(1), bus: .sata, cache: .directsync),
                DiskSpec(name: name("older"), size: .gib(1), bus: .sata, cache: .writethrough),
            ], nics: [nic("eth0", 10)])
    }

    private func arguments(_ spec: GuestSpec, layout: HostLayout = HostLayout()) -> [String] {
        QEMUCommandLine(guestDefinition("web-1", spec), layout: layout, descriptors: Self.descriptors).arguments
    }

    private func compare(_ spec: GuestSpec, _ golden: String) throws {
        let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Goldens"
        let path = "\(folder)/\(golden).txt"
        let text = arguments(spec).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["LODGE_UPDATE_GOLDENS"] == "1" {
            try DurableFile.write(Array(text.utf8), to: path)
        }
        let expected = (Files.text(path) ?? "").split(separator: "\n").map(String.init)
        let found = text.split(separator: "\n").map(String.init)
        let difference = found.difference(from: expected).map { "\($0)" }.joined(separator: "\n")
        #expect(found == expected, "\(difference)")
    }

    @Test func q35() throws { try compare(Self.q35, "q35") }
    @Test func microvm() throws { try compare(Self.microvm, "microvm") }
    @Test func kernel() throws { try compare(Self.kernel, "kernel") }
    @Test func growing() throws { try compare(Self.growing, "growing") }
    @Test func secure() throws { try compare(Self.secure, "secure") }
    @Test func legacy() throws { try compare(Self.legacy, "legacy") }
    @Test func pc() throws { try compare(Self.pc, "pc") }

    @Test func aGuestWithoutVirtioHasNoneOfIt() {
        #expect(!arguments(Self.legacy).contains { $0.contains("virtio") || $0.contains("virtserial") })
    }

    @Test func uefiWithoutSecureBootNeedsNoSystemManagementMode() {
        var spec = Self.secure
        spec.firmware = .uefi
        let arguments = arguments(spec)
        #expect(values(of: "-machine", in: arguments) == ["q35,pflash0=firmware-code,pflash1=firmware-variables"])
        #expect(!arguments.contains { $0.contains("cfi.pflash01") || $0.contains("secboot") })
    }

    /// What the firmware writes is the guest's own, wherever the state folder is; and so is its screen.
    @Test func pathsWithCommasStayWhole() {
        let layout = HostLayout(stateFolder: "/srv/a,b", runFolder: "/run/c,d")
        let run = layout.guestRun(guestDefinition("web-1", Self.secure).id)
        let arguments = arguments(Self.secure, layout: layout)
        #expect(
            values(of: "-vnc", in: arguments) == ["unix:" + run.display.split(separator: ",").joined(separator: ",,")])
        #expect(arguments.contains { $0.contains("/srv/a,b/guests/demo/web-1/uefi-secure-variables.fd") })
    }
    @Test func disks() throws { try compare(Self.disks, "disks") }

    /// microvm has neither ACPI hot-plug nor PCI: room would be refused by QEMU.
    @Test func onlyAGuestThatCanGrowHasRoom() {
        var spec = Self.microvm
        spec.maxMemory = .gib(1)
        spec.maxCPUs = 4
        #expect(arguments(spec) == arguments(Self.microvm))
    }

    /// What stands behind an option on the command line.
    private func values(of option: String, in arguments: [String]) -> [String] {
        arguments.indices.filter { arguments[$0] == option }.map { arguments[$0 + 1] }
    }

    /// QEMU's `key=value,…` syntax doubles commas; nothing that somebody chose may stand in it unless it has none.
    @Test(arguments: ["/srv/a,b=c", "/srv/quote\"s and 'more", "/srv/back\\slash", "/srv/ünïcode \u{1F980}"])
    func hostilePathsStayPaths(folder: String) throws {
        let layout = HostLayout(stateFolder: folder, runFolder: "/run/lodge")
        let arguments = arguments(Self.q35, layout: layout)
        struct Node: Decodable {
            struct File: Decodable { var filename: String }
            var file: File
        }
        let nodes = try values(of: "-blockdev", in: arguments).map {
            try JSONDecoder().decode(Node.self, from: Data($0.utf8))
        }
        let guest = layout.guest(name("demo"), name("web-1"))
        #expect(
            nodes.map(\.file.filename)
                == [guest.disk(name("root")), guest.disk(name("a-disk-with-quite-a-long-name")), guest.seed])
        for option in ["-device", "-chardev", "-netdev", "-object", "-machine", "-name"] {
            for value in values(of: option, in: arguments) { #expect(!value.contains(folder), "\(option) \(value)") }
        }
        let direct = self.arguments(Self.kernel, layout: layout)
        #expect(values(of: "-kernel", in: direct) == [layout.cached(digest("c"), .kernel)])
        #expect(values(of: "-initrd", in: direct) == [layout.cached(digest("d"), .initrd)])
    }

    @Test func theKernelCommandLineIsOneArgumentAsItIs() {
        #expect(values(of: "-append", in: arguments(Self.kernel)) == [Self.kernel.boot!.cmdline!])
        var spec = Self.microvm
        spec.boot?.cmdline = "only with a kernel"
        #expect(values(of: "-append", in: arguments(spec)).isEmpty)
    }

    @Test func theSandboxIsAlwaysWhole() {
        for spec in [Self.q35, Self.microvm, Self.kernel, Self.secure, Self.legacy, Self.pc] {
            #expect(
                values(of: "-sandbox", in: arguments(spec))
                    == ["on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"])
            #expect(!arguments(spec).contains { $0 == "-daemonize" || $0 == "-runas" })
        }
    }

    @Test func everyDeviceHasAPortOfItsOwnThatExists() {
        var spec = Self.q35
        spec.disks = (0..<9).map { DiskSpec(name: name("disk-\($0)"), size: .mib(1)) }
        let devices = values(of: "-device", in: arguments(spec))
        let used = devices.compactMap { $0.split(separator: ",").first { $0.hasPrefix("bus=port") }?.dropFirst(4) }
        let made = devices.filter { $0.hasPrefix("pcie-root-port,") }.compactMap {
            $0.split(separator: ",").first { $0.hasPrefix("id=") }?.dropFirst(3)
        }
        #expect(used.count == 11)
        #expect(Set(used).count == used.count)
        #expect(Set(made).isSuperset(of: used))
        #expect(made.count == used.count + QEMUCommandLine.sparePorts)
    }

    @Test func namesOfBlockNodesAreShortEnoughAndDiffer() {
        let long = (0..<3).map { name(String(repeating: "x", count: 39) + "\($0)") }
        let names = (long + [name("root"), name("a-name-of-20-letters")]).map(QEMUCommandLine.node)
        #expect(Set(names).count == 5)
        for name in names { #expect("\(name)-file".utf8.count <= 31, "\(name)") }
    }

    /// The UUID names the process: it must outlive a rename and tell instances apart.
    @Test func theUUIDIsThatOfTheGuestNotOfItsName() {
        let definition = guestDefinition("web-1", Self.q35)
        var renamed = definition
        renamed.name = name("web-2")
        #expect(QEMUCommandLine.uuid(renamed) == QEMUCommandLine.uuid(definition))
        var foreign = definition
        foreign.owner = Owner(instance: InstanceID(parsing: "ffffffff")!, fleet: definition.owner.fleet)
        #expect(QEMUCommandLine.uuid(foreign) != QEMUCommandLine.uuid(definition))
        let groups = QEMUCommandLine.uuid(definition).split(separator: "-").map(\.count)
        #expect(groups == [8, 4, 4, 4, 12])
    }
}

@Suite struct PCIPortsTests {
    @Test func eightShareASlot() {
        let devices = PCIPorts(used: 8, spare: 2).arguments.filter { $0 != "-device" }
        #expect(devices.count == 10)
        #expect(devices[0] == "pcie-root-port,id=port0,chassis=1,addr=10.0,multifunction=on")
        #expect(devices[7] == "pcie-root-port,id=port7,chassis=8,addr=10.7")
        #expect(devices[8] == "pcie-root-port,id=port8,chassis=9,addr=11.0,multifunction=on")
        #expect(devices[9] == "pcie-root-port,id=port9,chassis=10,addr=11.1")
    }
}
