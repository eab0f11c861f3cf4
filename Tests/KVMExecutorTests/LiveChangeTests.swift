import FleetModel
import Glibc
import HostSystem
import QMP
import Synchronization
import TestSupport
import Testing

@testable import KVMExecutor

/// Changes to a running guest, against a QEMU and a guest that do what real ones rarely do.
@Suite struct LiveChangeTests {
    private let folder = TemporaryFolder()
    private let qemu = PlayedEmulator("web-1")
    private let patience = Duration.milliseconds(200)

    private var spec: GuestSpec {
        GuestSpec(
            cpus: 2, maxCPUs: 4, memory: .mib(128), maxMemory: .mib(512), machine: .q35, accelerator: .kvm,
            cpuModel: "host", disks: [DiskSpec(name: name("root"), size: .gib(1))])
    }

    private func running(_ spec: GuestSpec, bootMemory: ByteCount? = nil) -> RunningGuest {
        var running = qemu.running(spec)
        running.bootMemory = bootMemory ?? running.bootMemory
        return running
    }

    private func monitor(_ peer: @escaping @Sendable (String, QMPValue) -> ScriptedMonitor.Answer) async throws -> (
        GuestMonitor, ScriptedMonitor
    ) {
        let path = "\(folder.path)/qmp.sock"
        let server = try ScriptedMonitor(path: path, peer)
        return (GuestMonitor(session: try await QMPSession.connect(path: path), operation: "change it"), server)
    }

    // MARK: Memory

    /// Answers of a memory device whose size is what `size` makes of a request, and of a balloon that obeys or not.
    private static func memory(
        balloon: Int64 = 128 << 20, obeys: Bool = true, _ size: @escaping @Sendable (_ requested: Int64) -> Int64
    ) -> @Sendable (String, QMPValue) -> ScriptedMonitor.Answer {
        let state = Mutex((requested: Int64(0), balloon: balloon))
        return { command, arguments in
            state.withLock { state in
                switch command {
                case "qom-get":
                    let isSize = arguments["property"] == "size"
                    return .reply(.integer(isSize ? size(state.requested) : state.requested))
                case "qom-set":
                    state.requested = arguments["value"]?.integerValue ?? 0
                    return .reply([:])
                case "balloon":
                    if obeys { state.balloon = arguments["value"]?.integerValue ?? 0 }
                    return .reply([:])
                case "query-balloon": return .reply(["actual": .integer(state.balloon)])
                default: return .refusal("unknown \(command)")
                }
            }
        }
    }

    @Test func aGuestThatTakesPartOfTheMemory() async throws {
        let (monitor, peer) = try await monitor(Self.memory { min($0, 64 << 20) })
        let outcome = try await LiveMemory(monitor: monitor, running: running(spec), patience: patience).set(.mib(384))
        #expect(outcome.taken == .setMemory(.mib(192)))
        #expect(
            outcome.remark
                == "its memory is 192MiB and not 384MiB: the guest did not take the rest within 0.2 seconds; "
                + "a restart brings it")
        // The request is taken back to what is there.
        #expect(peer.arguments(of: "qom-set").map { $0["value"]?.integerValue } == [256 << 20, 64 << 20])
    }

    @Test func aGuestWithoutADriver() async throws {
        let (monitor, peer) = try await monitor(Self.memory { _ in 0 })
        let outcome = try await LiveMemory(monitor: monitor, running: running(spec), patience: patience).set(.mib(256))
        #expect(outcome.taken == .setMemory(.mib(128)) && outcome.remark != nil)
        #expect(peer.arguments(of: "qom-set").last?["value"] == 0)
    }

    @Test func memoryThatIsNotLetGoOfIsNotPutInTheBalloonInstead() async throws {
        var spec = spec
        spec.memory = .mib(256)
        let (monitor, peer) = try await monitor(Self.memory { max($0, 96 << 20) })
        let process = running(spec, bootMemory: .mib(128))
        let outcome = try await LiveMemory(monitor: monitor, running: process, patience: patience).set(.mib(64))
        #expect(outcome.taken == .setMemory(.mib(224)))
        #expect(outcome.remark?.contains("did not let go of the rest") == true)
        #expect(peer.arguments(of: "balloon").isEmpty)
    }

    @Test func aBalloonThatStaysEmpty() async throws {
        let (monitor, peer) = try await monitor(Self.memory(obeys: false) { $0 })
        let outcome = try await LiveMemory(monitor: monitor, running: running(spec), patience: patience).set(.mib(64))
        #expect(outcome.taken == .setMemory(.mib(128)) && outcome.remark != nil)
        // It is not asked to go on: nothing happens unseen.
        #expect(peer.arguments(of: "balloon").map { $0["value"]?.integerValue } == [64 << 20, 128 << 20])
    }

    @Test func memoryIsNotPluggedInWhileTheBalloonHoldsSome() async throws {
        let (monitor, peer) = try await monitor(Self.memory(balloon: 96 << 20, obeys: false) { $0 })
        let outcome = try await LiveMemory(monitor: monitor, running: running(spec), patience: patience).set(.mib(256))
        #expect(outcome.taken == .setMemory(.mib(96)) && outcome.remark != nil)
        #expect(peer.arguments(of: "qom-set").isEmpty)
    }

    @Test func sizesThatAreNoWholeBlocks() async throws {
        let (monitor, peer) = try await monitor(Self.memory { $0 })
        let size = ByteCount.mib(129) + ByteCount(bytes: 1)
        let outcome = try await LiveMemory(monitor: monitor, running: running(spec), patience: patience).set(size)
        #expect(outcome.taken == .setMemory(size) && outcome.remark == nil)
        #expect(peer.arguments(of: "qom-set").map { $0["value"]?.integerValue } == [2 << 20])
    }

    @Test(arguments: [MachineType.q35, .microvm]) func aProcessWithoutRoom(machine: MachineType) async throws {
        var spec = spec
        spec.machine = machine
        if machine == .q35 { spec.maxMemory = .mib(128) }
        let (monitor, peer) = try await monitor(Self.memory { $0 })
        let memory = LiveMemory(monitor: monitor, running: running(spec), patience: patience)
        let error = await #expect(throws: ExecutorError.self) { _ = try await memory.set(.mib(256)) }
        #expect(error?.description.contains("room for 128MiB, not for 256MiB") == true, "\(error?.description ?? "")")
        #expect(peer.requests.isEmpty)
        // Its balloon works all the same.
        #expect(try await memory.set(.mib(64)).remark == nil)
    }

    // MARK: Virtual CPUs

    private static func slots(plugged: Int) -> QMPValue {
        .array(
            (Int64(0)..<4).reversed().map { core in
                var slot: [String: QMPValue] = [
                    "props": ["core-id": .integer(core), "thread-id": 0, "socket-id": 0, "node-id": 0],
                    "vcpus-count": 1, "type": "host-x86_64-cpu",
                ]
                if core < Int64(plugged) { slot["qom-path"] = .string("/machine/unattached/device[\(core)]") }
                return .object(slot)
            })
    }

    private static func status(_ answers: [(device: String, source: Int64, status: Int64)]) -> QMPValue {
        .array(
            answers.map {
                [
                    "device": .string($0.device), "slot": "1", "slot-type": "CPU", "source": .integer($0.source),
                    "status": .integer($0.status),
                ]
            })
    }

    @Test func aGuestThatTakesOneOfTwoProcessors() async throws {
        let (monitor, peer) = try await monitor { command, _ in
            switch command {
            case "query-hotpluggable-cpus": .reply(Self.slots(plugged: 2))
            case "query-acpi-ospm-status": .reply(Self.status([("cpu-0-0-2-0", 1, 0), ("cpu-0-0-3-0", 0, 0)]))
            default: .reply([:])
            }
        }
        let outcome = try await LiveCPUs(monitor: monitor, running: running(spec), patience: patience).set(4)
        #expect(outcome.taken == .setCPUs(3))
        #expect(outcome.remark?.hasPrefix("it uses 3 of 4 virtual CPUs") == true, "\(outcome.remark ?? "none")")
        #expect(
            peer.arguments(of: "device_add").map { $0["id"]?.stringValue } == ["cpu-0-0-2-0", "cpu-0-0-3-0"],
            "the lowest places first")
        #expect(peer.arguments(of: "device_add").first?["core-id"] == 2)
    }

    /// DEVICE_DELETED comes for a device's children first, without an id.
    @Test func processorsGoFromTheLast() async throws {
        let (monitor, peer) = try await monitor { command, arguments in
            switch command {
            case "query-hotpluggable-cpus": .reply(Self.slots(plugged: 4))
            case "device_del":
                .replyThen([
                    ("DEVICE_DELETED", ["path": "/machine/unattached/device[3]/lapic"]),
                    ("DEVICE_DELETED", ["path": arguments["id"] ?? ""]),
                ])
            default: .refusal("unknown")
            }
        }
        let cpus = LiveCPUs(monitor: monitor, running: running(spec), patience: .seconds(20))
        #expect(try await cpus.set(2).taken == .setCPUs(2))
        #expect(
            peer.arguments(of: "device_del").map { $0["id"]?.stringValue }
                == ["/machine/unattached/device[3]", "/machine/unattached/device[2]"])
    }

    /// Right after something was plugged in, QEMU has nothing unplugged for a moment.
    @Test func aBusyGuestIsAskedAgain() async throws {
        let refusals = Mutex(2)
        let (monitor, peer) = try await monitor { command, arguments in
            switch command {
            case "qom-list": return .reply([["name": "disk-data", "type": "child<virtio-blk-pci>"]])
            case "device_del":
                let isBusy = refusals.withLock { left in
                    left -= 1
                    return left >= 0
                }
                return isBusy
                    ? .refusal("Hot-unplug failed: guest is busy (power indicator blinking)")
                    : .replyThen([("DEVICE_DELETED", ["device": "disk-data", "path": "/machine/peripheral/disk-data"])])
            default: return .refusal("unknown")
            }
        }
        #expect(try await monitor.letGo(of: "disk-data", within: .seconds(60)))
        #expect(peer.arguments(of: "device_del").count == 3)
    }

    @Test func whatCannotBeUnpluggedIsAnErrorAtOnce() async throws {
        let (monitor, peer) = try await monitor { command, _ in
            switch command {
            case "qom-list": .reply([["name": "disk-data", "type": "child<virtio-blk-pci>"]])
            default: .refusal("Bus 'pcie.0' does not support hotplugging")
            }
        }
        let error = await #expect(throws: ExecutorError.self) {
            try await monitor.letGo(of: "disk-data", within: .seconds(60))
        }
        #expect(error?.description.contains("does not support hotplugging") == true)
        #expect(peer.arguments(of: "device_del").count == 1)
    }

    @Test func aGuestThatKeepsAProcessor() async throws {
        let (monitor, _) = try await monitor { command, arguments in
            switch command {
            case "query-hotpluggable-cpus": .reply(Self.slots(plugged: 4))
            case "device_del" where arguments["id"] == "/machine/unattached/device[3]":
                .replyThen([("DEVICE_DELETED", ["path": "/machine/unattached/device[3]"])])
            case "device_del":
                .replyThen([("DEVICE_UNPLUG_GUEST_ERROR", ["path": "/machine/unattached/device[2]"])])
            default: .refusal("unknown")
            }
        }
        let cpus = LiveCPUs(monitor: monitor, running: running(spec), patience: .seconds(20))
        let outcome = try await cpus.set(1)
        #expect(outcome.taken == .setCPUs(3))
        #expect(outcome.remark?.hasPrefix("it has 3 virtual CPUs and not 1") == true, "\(outcome.remark ?? "none")")
    }

    // MARK: The whole of a change

    private func define(_ spec: GuestSpec) throws -> (GuestDefinition, GuestStore) {
        let definition = guestDefinition("web-1", spec)
        let store = GuestStore(layout: folder.layout)
        try Files.makeFolder(folder.layout.guest(definition.owner.fleet, definition.name).path)
        try Files.makeFolder(folder.layout.guestRun(definition.id).path)
        try store.write(definition)
        try store.write(running(spec), of: definition.id)
        return (definition, store)
    }

    /// QEMU ends between two changes: the first one is recorded, the second is a difference, and said.
    @Test func aSessionThatDiesInTheMiddle() async throws {
        var (definition, store) = try define(spec)
        definition.spec.disks[0].size = .gib(2)
        definition.spec.memory = .mib(256)
        definition.generation = 2
        let socket = folder.layout.guestRun(definition.id).qmp
        let isAlive = Mutex(false)
        let memory = Self.memory { $0 }
        let peer = try ScriptedMonitor(path: socket) { command, arguments in
            switch command {
            case "query-status": .reply(["running": true, "status": "running", "singlestep": false])
            case "query-named-block-nodes":
                .reply([["node-name": "disk-root", "image": ["virtual-size": .integer(1 << 30)]]])
            case "block_resize": .reply([:])
            case "qom-set" where !isAlive.withLock { $0 }: .hangUp
            default: memory(command, arguments)
            }
        }
        let changes: [LiveChange] = [.growDisk(name("root"), to: .gib(2)), .setMemory(.mib(256))]
        let changer = GuestChanger(layout: folder.layout, networking: .none, patience: patience)
        let error = await #expect(throws: ExecutorError.self) {
            _ = try await changer.change(definition, changes)
        }
        #expect(
            error?.description.hasPrefix("cannot resize memory of guest web-1: QMP qom-set on") == true,
            "\(error?.description ?? "")")
        #expect(try store.definition(definition.owner.fleet, definition.name) == definition)
        let left = try #require(try store.running(definition.id))
        #expect(left.spec.disks[0].size == .gib(2) && left.spec.memory == .mib(128) && left.generation == 1)

        isAlive.withLock { $0 = true }
        #expect(try await changer.change(definition, changes) == nil)
        let done = try #require(try store.running(definition.id))
        #expect(done.spec == definition.spec && done.generation == 2)
        #expect(!peer.requests.isEmpty)
    }

    @Test func whatIsOnlyRecordedNeedsNoAnswer() async throws {
        var (definition, store) = try define(spec)
        definition.spec.labels = ["tier": "web"]
        let changer = GuestChanger(layout: folder.layout, networking: .none, patience: patience)
        #expect(try await changer.change(definition, [.record]) == nil)
        #expect(try store.running(definition.id)?.spec.labels == ["tier": "web"])
        // Anything else does.
        let error = await #expect(throws: ExecutorError.self) {
            _ = try await changer.change(definition, [.setMemory(.mib(256))])
        }
        #expect(error?.description.contains("QEMU is not running") == true, "\(error?.description ?? "")")
    }

    @Test func aGuestThatDoesNotRunIsNotTouched() async throws {
        var (definition, store) = try define(spec)
        var process = running(spec)
        process.startTime += 1
        try store.write(process, of: definition.id)
        definition.generation = 2
        let error = await #expect(throws: ExecutorError.self) {
            _ = try await GuestChanger(layout: folder.layout, networking: .none).change(definition, [.record])
        }
        #expect(error?.description.contains("it does not run any more") == true, "\(error?.description ?? "")")
        #expect(try store.definition(definition.owner.fleet, definition.name).generation == 1)
    }
}
