import FleetModel
import Glibc
import HostAgent
import HostSystem
import Planner
import Reconciler
import SimulatedHost
import TestSupport
import Testing

/// What a simulated host keeps on disk: a snapshot, and a journal of what was done since.
@Suite struct SimulatedSessionTests {
    private let fleet = TestFleet(guests: 3, hosts: 1)
    private var host: DesiredHost { fleet.desired.hosts[0] }
    private var files: String { "\(fleet.folder.layout.stateFolder)/simulated" }
    private var journal: String { "\(files)/\(host.name).journal" }
    private var snapshot: String { "\(files)/\(host.name).json" }

    private func session() throws -> SimulatedSession {
        try SimulatedSession(host: host.name, policy: host.policy, layout: fleet.folder.layout)
    }

    private func plan(_ session: SimulatedSession) async -> Plan {
        makePlan(desired: fleet.desired, hosts: [host.name: .observed(await session.observe())])
    }

    /// Performs the plan's steps one by one.
    private func perform(
        _ plan: Plan, in session: SimulatedSession, after: () async throws -> Void = {}
    ) async throws {
        for step in plan.steps {
            _ = try await session.perform(step, policy: host.policy) { _ in }
            try await after()
        }
    }

    /// A process that is killed after any step leaves what the next one reads.
    @Test func whatIsDoneIsOnDisk() async throws {
        let session = try session()
        try await session.lock(holder: "first", timeout: .seconds(0))
        try await perform(await plan(session), in: session) {
            let seen = try await self.session().observe()
            #expect(await session.observe() == seen)
        }
        #expect(await session.observe().guests.count == 3)
    }

    /// A kill within a write: that operation has not happened, and those after it are not lost with it.
    @Test func aJournalThatWasCutOffIsReadUpToThere() async throws {
        do {
            let session = try session()
            try await session.lock(holder: "first", timeout: .seconds(0))
            try await perform(await plan(session), in: session)
        }
        let whole = try Files.read(journal)
        let lines = whole.split(separator: 0x0A)
        let cut = lines.dropLast().joined(separator: [0x0A]) + [0x0A] + lines.last!.prefix(lines.last!.count / 2)
        try DurableFile.write(Array(cut), to: journal)

        let second = try session()
        let before = await second.observe()
        try await second.lock(holder: "second", timeout: .seconds(0))
        #expect(await second.observe() == before)
        // A guest goes, and the session is killed again.
        let guest = try #require(before.guests.first?.definition.reference)
        let address = ResourceAddress(.guest, guest.name)
        for (id, operation) in [Operation.stopGuest(guest, grace: .seconds(1)), .removeGuest(guest, keeping: [])]
            .enumerated()
        {
            let step = Step(id: id, address: address, host: host.name, verb: "x", operation: operation)
            _ = try await second.perform(step, policy: host.policy) { _ in }
        }
        #expect(try await session().observe().guests.count == 2)
    }

    @Test func twoSessionsLockEachOtherOut() async throws {
        let first = try session()
        let second = try session()
        try await first.lock(holder: "first", timeout: .seconds(0))
        let error = await #expect(throws: HostError.self) {
            try await second.lock(holder: "second", timeout: .seconds(0))
        }
        #expect(error?.kind == .locked)
        #expect(error?.text.contains("first") == true)
        let step = try #require(await plan(second).steps.first)
        let refusal = await #expect(throws: HostError.self) {
            _ = try await second.perform(step, policy: host.policy) { _ in }
        }
        #expect(refusal?.kind == .refused)

        // Who waits for the lock sees what the first one did meanwhile.
        try await perform(await plan(first), in: first)
        await first.close()
        try await second.lock(holder: "second", timeout: .seconds(0))
        #expect(await second.observe().guests.count == 3)
        #expect(await plan(second).isEmpty)
        await second.close()
        #expect(try await session().observe().guests.count == 3)
    }

    @Test func closingLeavesOneFile() async throws {
        let session = try session()
        try await session.lock(holder: "first", timeout: .seconds(0))
        try await perform(await plan(session), in: session)
        let before = await session.observe()
        #expect(try Files.list(files) == ["\(host.name).journal", "\(host.name).lock"])
        await session.close()
        #expect(try Files.list(files) == ["\(host.name).json"])
        #expect(try await self.session().observe() == before)
    }

    @Test func lookingLeavesNoFiles() async throws {
        let session = try session()
        _ = await session.observe()
        await session.close()
        #expect(!Files.exists(fleet.folder.layout.stateFolder))
    }

    /// What cannot be written down has not happened.
    @Test func aJournalThatCannotBeWrittenFailsTheStep() async throws {
        let session = try session()
        try await session.lock(holder: "first", timeout: .seconds(0))
        let before = await session.observe()
        #expect(symlink("/nowhere/journal", journal) == 0)
        let step = try #require(await plan(session).steps.first)
        let error = await #expect(throws: HostError.self) {
            _ = try await session.perform(step, policy: host.policy) { _ in }
        }
        #expect(error?.text.contains("cannot write \(journal)") == true)
        try Files.remove(journal)
        #expect(await session.observe() == before)
        _ = try await session.perform(step, policy: host.policy) { _ in }
    }

    @Test func aStepWhosePlanIsStaleIsRefused() async throws {
        let session = try session()
        try await session.lock(holder: "first", timeout: .seconds(0))
        let plan = await plan(session)
        try await perform(plan, in: session)
        let step = try #require(plan.steps.first { $0.expects == .absent })
        let error = await #expect(throws: HostError.self) {
            _ = try await session.perform(step, policy: host.policy) { _ in }
        }
        #expect(error?.kind == .refused)
        #expect(error?.text.contains("plan again") == true)
    }

    /// An operation of another version is not skipped: the state would be another one.
    @Test func aJournalThatIsNotUnderstoodIsAnError() throws {
        try fleet.folder.write("{\"moveGuest\":{}}\n", to: "state/simulated/\(host.name).journal")
        let error = #expect(throws: HostError.self) { try session() }
        #expect(error?.text.contains("line 1 of \(journal)") == true)
    }

    @Test func aNewerSnapshotIsAnError() throws {
        try fleet.folder.write(#"{"schema":99}"#, to: "state/simulated/\(host.name).json")
        let error = #expect(throws: HostError.self) { try session() }
        #expect(error?.text.contains("newer Lodge (schema 99)") == true)
    }

    @Test func nonsenseOnDiskIsAnError() throws {
        try fleet.folder.write("{", to: "state/simulated/\(host.name).json")
        let error = #expect(throws: HostError.self) { try session() }
        #expect(error?.text.contains("\(host.name)") == true)
    }
}
