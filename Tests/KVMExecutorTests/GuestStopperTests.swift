import FleetModel
import Synchronization
import TestSupport
import Testing

@testable import HostSystem
@testable import KVMExecutor

/// Ending a guest whose monitors are taken, and one whose record is not what it should be.
@Suite struct GuestStopperTests {
    private let folder = TemporaryFolder()
    private let qemu = PlayedEmulator("web-1")
    private let spec = GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max")
    private var definition: GuestDefinition { guestDefinition("web-1", spec) }
    private var run: GuestRunFolder { folder.layout.guestRun(definition.id) }
    private var stopper: GuestStopper { GuestStopper(layout: folder.layout) }

    private func define(_ record: RunningGuest) throws {
        let store = GuestStore(layout: folder.layout)
        for path in [folder.layout.guest(name("demo"), name("web-1")).path, run.path] { try Files.makeFolder(path) }
        try store.write(definition)
        try store.write(record, of: definition.id)
    }

    @Test func whereOneMonitorIsTakenTheOtherIsAsked() async throws {
        try define(qemu.running(spec))
        // Whoever connects waits, as behind another client.
        let taken = try ListeningSocket(path: run.qmp)
        let qemu = qemu
        let observer = try ScriptedMonitor(path: run.observer) { command, _ in
            if command == "system_powerdown" { qemu.end() }
            return command == "query-status"
                ? .reply(["running": true, "status": "running", "singlestep": false]) : .reply([:])
        }
        #expect(try await stopper.stop(definition.reference, grace: .seconds(120)) == .poweredOff)
        #expect(observer.requests.map(\.execute) == ["query-status", "system_powerdown"])
        #expect(!Files.exists(run.path))
        withExtendedLifetime(taken) {}
    }

    @Test func aGuestThatCouldNotBeAskedKeepsItsTimeAndIsSaidToHaveBeenTurnedOff() async throws {
        try define(qemu.running(spec))
        let taken = try ListeningSocket(path: run.qmp)
        let alsoTaken = try ListeningSocket(path: run.observer)
        let start = ContinuousClock.now
        let ending = try await stopper.stop(definition.reference, grace: .seconds(1))
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(ending == .neverAsked && !qemu.isAlive)
        #expect(
            ending.remark(grace: .seconds(1))
                == "its monitor did not answer, so it could not be asked to power off; it was turned off after 1s")
        withExtendedLifetime(taken) {}
        withExtendedLifetime(alsoTaken) {}
    }

    @Test func aMonitorThatFailsIsAskedAgain() async throws {
        try define(qemu.running(spec))
        let qemu = qemu
        let attempts = Mutex(0)
        let monitor = try ScriptedMonitor(path: run.qmp) { command, _ in
            if command == "system_powerdown" { qemu.end() }
            guard command == "query-status" else { return .reply([:]) }
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            return attempt < 3 ? .hangUp : .reply(["running": true, "status": "running", "singlestep": false])
        }
        #expect(try await stopper.stop(definition.reference, grace: .seconds(120)) == .poweredOff)
        #expect(monitor.arguments(of: "system_powerdown").count == 1)
    }

    @Test func aGuestThatCannotHearIsTurnedOffAtOnce() async throws {
        try define(qemu.running(spec))
        let qemu = qemu
        let monitor = try ScriptedMonitor(path: run.qmp) { command, _ in
            if command == "quit" { qemu.end() }
            return command == "query-status"
                ? .reply(["running": false, "status": "internal-error", "singlestep": false]) : .reply([:])
        }
        #expect(try await stopper.stop(definition.reference, grace: .seconds(600)) == .halted("internal-error"))
        #expect(!monitor.requests.contains { $0.execute == "system_powerdown" })
    }

    @Test func aGuestWithoutMonitorsIsTurnedOffAtOnce() async throws {
        try define(qemu.running(spec))
        #expect(try await stopper.stop(definition.reference, grace: .seconds(600)) == .noMonitor)
        #expect(!qemu.isAlive)
    }

    /// A record names any process by pid and start time; only the command line says that it is this guest.
    @Test func aProcessThatIsNotTheGuestIsNeitherSeenNorEnded() async throws {
        // No QEMU of any test has its UUID.
        let guest = guestDefinition("without-process", spec)
        let store = GuestStore(layout: folder.layout)
        let run = folder.layout.guestRun(guest.id)
        for path in [folder.layout.guest(name("demo"), guest.name).path, run.path] { try Files.makeFolder(path) }
        try store.write(guest)
        try store.write(qemu.running(spec), of: guest.id)
        #expect(try store.liveProcess(guest) == nil)
        #expect(try await stopper.stop(guest.reference, grace: .seconds(600)) == .poweredOff)
        #expect(qemu.isAlive)
    }

    /// Which process is the guest's is not known: that it is stopped would be a guess.
    @Test func aGuestWhoseDefinitionCannotBeReadIsNotSaidToHaveEnded() async throws {
        try define(qemu.running(spec))
        try DurableFile.write(Array("{".utf8), to: folder.layout.guest(name("demo"), name("web-1")).definition)
        await #expect(throws: ExecutorError.self) {
            _ = try await stopper.stop(definition.reference, grace: .seconds(1))
        }
        #expect(qemu.isAlive && Files.exists(run.running))
    }

    @Test func theLauncherIsTheGuestAlready() {
        let arguments = ["/usr/bin/lodge"] + Launcher.arguments(definition, layout: folder.layout)
        func runs(_ arguments: [String]) -> Bool {
            EmulatorProcess(entry: ProcessEntry(pid: 7, startTime: 1, state: "S", arguments: arguments))
                .runs(definition, layout: folder.layout)
        }
        #expect(runs(arguments))
        #expect(!runs(arguments.dropLast() + ["demo/web-2"]))
        #expect(!runs(["/bin/sh", "-uuid", QEMUCommandLine.uuid(definition)]))
    }
}
