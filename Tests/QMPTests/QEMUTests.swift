import FoundationEssentials
import Glibc
import QMP
import Testing

@Suite(.needsQEMU, .serialized, .timeLimit(.minutes(2)))
struct QEMUTests {
    @Test func answersEveryTypedQuery() async throws {
        let uuid = "8f0e3f4c-5b1a-4d8e-9a51-0123456789ab"
        let arguments =
            QEMUProcess.q35 + [
                "-name", "guest-a", "-uuid", uuid, "-smp", "1,maxcpus=2", "-device", "virtio-balloon-pci,id=balloon0",
                "-blockdev", "driver=null-co,node-name=disk0,size=1048576",
                "-device", "virtio-blk-pci,id=vd0,drive=disk0",
            ]
        try await QEMUProcess.with(arguments) { qemu in
            let session = try await QMPSession.connect(path: qemu.socketPath, timeout: .seconds(30))
            let status = try await session.execute(QueryStatus())
            #expect(status.running == false)
            #expect(status.status == .prelaunch)
            #expect(try await session.execute(QueryVersion()) == session.greeting.version)
            #expect(try await session.execute(QueryName()).name == "guest-a")
            #expect(try await session.execute(QueryUUID()).uuid == UUID(uuidString: uuid))
            #expect(try await session.execute(QueryKVM()).enabled == false)
            #expect(try await session.execute(QueryBalloon()).actual == 128 << 20)
            let memory = try await session.execute(QueryMemorySizeSummary())
            #expect(memory.base == 128 << 20)
            #expect(memory.plugged == 0)
            let monitor = try await session.execute(QueryChardev()).first { $0.label == "qmp0" }
            #expect(monitor?.frontendOpen == true)

            let cpus = try await session.execute(QueryCPUsFast())
            #expect(cpus.map(\.index) == [0])
            #expect(access("/proc/\(qemu.processID)/task/\(cpus[0].threadID)", F_OK) == 0)

            let drive = try #require(try await session.execute(QueryBlock()).first)
            #expect(drive.qdev?.contains("vd0") == true)
            #expect(drive.inserted?.nodeName == "disk0")
            #expect(drive.inserted?.driver == "null-co")
            #expect(drive.inserted?.image.virtualSize == 1 << 20)
            #expect(drive.ioStatus == .ok)

            let devices = try await session.execute(QOMList(path: "/machine/peripheral"))
            #expect(devices.contains { $0.name == "balloon0" && $0.type == "child<virtio-balloon-pci>" })
            let serial = QOMGet(path: "/machine/peripheral/vd0", property: "hotplugged", as: Bool.self)
            #expect(try await session.execute(serial) == false)
            #expect(try await session.execute("query-status")["status"] == "prelaunch")
        }
    }

    @Test func tellsRefusalsApart() async throws {
        try await QEMUProcess.with(["-M", "none"]) { qemu in
            let session = try await QMPSession.connect(path: qemu.socketPath, timeout: .seconds(30))
            let unknown = await reason { () throws(QMPError) in try await session.execute("no-such-command") }
            guard case .refused(.commandNotFound, _) = unknown else {
                Issue.record("\(String(describing: unknown))")
                return
            }
            let balloon = await reason { () throws(QMPError) in try await session.execute(QueryBalloon()) }
            guard case .refused(.deviceNotActive, _) = balloon else {
                Issue.record("\(String(describing: balloon))")
                return
            }
        }
    }

    @Test func tellsTheLifeOfAGuestByEvents() async throws {
        try await QEMUProcess.with(QEMUProcess.q35) { qemu in
            let session = try await QMPSession.connect(path: qemu.socketPath, timeout: .seconds(30))
            var events = session.events().makeAsyncIterator()
            func next(_ name: String) async throws -> QMPEvent? {
                while let event = try await events.next() { if event.name == name { return event } }
                return nil
            }
            _ = try await session.execute(Cont())
            #expect(try await next("RESUME") != nil)
            #expect(try await session.execute(QueryStatus()).status == .running)
            _ = try await session.execute(Stop())
            #expect(try await next("STOP") != nil)
            #expect(try await session.execute(QueryStatus()).status == .paused)
            _ = try await session.execute(SystemReset())
            #expect(try await next("RESET")?.data["reason"] == "host-qmp-system-reset")
            _ = try await session.execute(SystemPowerdown())
            #expect(try await next("POWERDOWN")?.sinceEpoch.map { $0 > .seconds(1_600_000_000) } == true)
            try await session.quit()
            #expect(try await next("SHUTDOWN")?.data["reason"] == "host-qmp-quit")
            #expect(try await next("nothing more") == nil)
            #expect(try await qemu.exitStatus() == 0)
            let late = await reason { () throws(QMPError) in try await session.execute(Stop()) }
            #expect(late == .closed)
        }
    }

    @Test func greetsASecondClientWhenTheFirstLeaves() async throws {
        try await QEMUProcess.with(["-M", "none"]) { qemu in
            let path = qemu.socketPath
            let first = try await QMPSession.connect(path: path, timeout: .seconds(30))
            let refused = await reason { () throws(QMPError) in
                try await QMPSession.connect(path: path, timeout: .milliseconds(200))
            }
            #expect(refused == .noGreeting(after: .milliseconds(200)))
            async let second = QMPSession.connect(path: path, timeout: .seconds(30))
            try await Task.sleep(for: .milliseconds(50))
            _ = try await first.execute(QueryStatus())
            first.close()
            _ = try await second.execute(QueryStatus())
        }
    }

    @Test func timesOutOnAFrozenQEMUAndSeesItsDeath() async throws {
        try await QEMUProcess.with(["-M", "none"]) { qemu in
            let session = try await QMPSession.connect(path: qemu.socketPath, timeout: .seconds(30))
            qemu.signal(SIGSTOP)
            let timeout = Duration.milliseconds(100)
            let frozen = await reason { () throws(QMPError) in
                try await session.execute(QueryStatus(), timeout: timeout)
            }
            #expect(frozen == .timedOut(after: timeout))
            qemu.signal(SIGCONT)
            _ = try await session.execute(QueryStatus())
            qemu.signal(SIGSTOP)
            async let dying = reason { () throws(QMPError) in try await session.execute(QueryStatus()) }
            try await Task.sleep(for: .milliseconds(50))
            qemu.signal(SIGKILL)
            #expect(await dying?.isDisconnected == true)
        }
    }

    /// Several at once, among other commands: each ends under its own name.
    @Test func passesEachDescriptorUnderItsOwnName() async throws {
        try await QEMUProcess.with(["-M", "none"]) { qemu in
            let session = try await QMPSession.connect(path: qemu.socketPath, timeout: .seconds(30))
            let names = (0..<8).map { "file-\($0)" }
            let prefix = qemu.socketPath + "."
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for name in names {
                    tasks.addTask {
                        let file = open(prefix + name, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
                        defer { close(file) }
                        try await session.sendDescriptor(file, named: name)
                    }
                    tasks.addTask { _ = try await session.execute(QueryStatus()) }
                }
                try await tasks.waitForAll()
            }
            for (index, name) in names.enumerated() {
                let held = try qemu.openFiles().filter { $0.hasPrefix(prefix) }.sorted()
                #expect(held == names[index...].map { prefix + $0 })
                _ = try await session.execute("closefd", arguments: ["fdname": .string(name)])
            }
        }
    }

    @Test func refusesADescriptorThatIsNotOpen() async throws {
        try await QEMUProcess.with(["-M", "none"]) { qemu in
            let session = try await QMPSession.connect(path: qemu.socketPath, timeout: .seconds(30))
            let reason = await reason { () throws(QMPError) in try await session.sendDescriptor(-1, named: "a") }
            #expect(reason == .systemCall(name: "fcntl", errno: EBADF))
        }
    }

    @Test func asksTwentyGuestsAtOnce() async throws {
        try await Self.withMany(20) { paths in
            let answers = try await withThrowingTaskGroup(of: Bool.self) { tasks in
                for path in paths {
                    tasks.addTask {
                        let session = try await QMPSession.connect(path: path, timeout: .seconds(60))
                        defer { session.close() }
                        return try await session.execute(QueryStatus()).running
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 20)
        }
    }

    private static func withMany(_ count: Int, paths: [String] = [], _ body: ([String]) async throws -> Void)
        async throws
    {
        guard count > 0 else { return try await body(paths) }
        try await QEMUProcess.with(["-M", "none"]) { qemu in
            try await withMany(count - 1, paths: paths + [qemu.socketPath], body)
        }
    }
}
