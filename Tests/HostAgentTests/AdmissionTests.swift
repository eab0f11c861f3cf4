import FleetModel
import TestSupport
import Testing

@testable import HostAgent

@Suite struct AdmissionTests {
    private let admission = Admission()
    private let policy = HostPolicy(reservedMemory: .gib(1))

    /// A definition that costs exactly so many MiB.
    private func guest(_ text: String, costing mebibytes: Int64) -> GuestDefinition {
        var spec = GuestSpec(cpus: 1, memory: .zero, machine: .q35, accelerator: .kvm, cpuModel: "max")
        // The cost is the memory, 1/512 of it and a fixed part: solved by trying.
        var low: Int64 = 0
        var high = mebibytes << 20
        while low < high {
            spec.memory = ByteCount(bytes: (low + high) / 2)
            if spec.memoryCost.bytes < mebibytes << 20 { low = spec.memory.bytes + 1 } else { high = spec.memory.bytes }
        }
        spec.memory = ByteCount(bytes: low)
        return guestDefinition(text, spec)
    }

    private func admits(
        _ definition: GuestDefinition, running: [LiveGuest] = [], strangers: [StrangerProcess] = []
    ) async -> HostError? {
        do throws(HostError) {
            try await admission.admit(definition, measured: .gib(5), policy: policy) { (running, strangers) }
            return nil
        } catch {
            return error
        }
    }

    private func running(_ definition: GuestDefinition) -> LiveGuest {
        LiveGuest(definition: definition, state: .running)
    }

    @Test func whatFitsExactlyIsLetIn() async {
        let whole = guest("whole", costing: 4_096)
        #expect(whole.spec.memoryCost == .gib(4))
        #expect(await admits(whole) == nil)
        await admission.settled(whole.id)
        let more = await admits(guest("more", costing: 4_097))
        #expect(more?.kind == .refused)
        #expect(
            more?.text.contains("of 4.0GiB") == true || more?.text.contains("of 4GiB") == true, "\(more?.text ?? "")")
    }

    @Test func whatRunsAndStrangersAndWhatStartsCount() async {
        let a = guest("a", costing: 1_024)
        let b = guest("b", costing: 1_024)
        let c = guest("c", costing: 1_024)
        let stranger = StrangerProcess(pid: 1, name: "vm", memory: .gib(1), cpus: 1)
        #expect(await admits(b, running: [running(a)], strangers: [stranger]) == nil)
        // b is starting and shows nowhere yet.
        #expect(await admits(c, running: [running(a)], strangers: [stranger]) == nil)
        #expect(await admits(guest("d", costing: 64), running: [running(a)], strangers: [stranger])?.kind == .refused)
        // b shows by now, and is counted once.
        #expect(
            await admits(guest("d", costing: 64), running: [running(a), running(b)], strangers: [stranger])?.kind
                == .refused)
        await admission.settled(c.id)
        #expect(
            await admits(guest("d", costing: 64), running: [running(a), running(b)], strangers: [stranger]) == nil)
    }

    @Test func aStoppedGuestCostsNothingAndAGuestIsNotInItsOwnWay() async {
        let a = guest("a", costing: 4_096)
        #expect(await admits(a, running: [LiveGuest(definition: guest("b", costing: 2_048), state: .stopped)]) == nil)
        #expect(await admits(a, running: [running(a)]) == nil)
    }

    private func grows(
        _ definition: GuestDefinition, to size: ByteCount, running: [LiveGuest]
    ) async -> HostError? {
        do throws(HostError) {
            try await admission.admitGrowth(of: definition, to: size, measured: .gib(5), policy: policy) {
                (running, [])
            }
            return nil
        } catch {
            return error
        }
    }

    private func process(_ definition: GuestDefinition) -> LiveGuest {
        let process = RunningGuest(generation: 1, spec: definition.spec, pid: 1, startTime: 1, bootID: "")
        return LiveGuest(definition: definition, state: .running, process: process)
    }

    /// Of 4 GiB, two guests have one each. Both want two more at once: the first gets them.
    @Test func growthCountsUntilTheProcessShowsIt() async {
        let a = guest("a", costing: 1_024)
        let b = guest("b", costing: 1_024)
        let running = [process(a), process(b)]
        #expect(await grows(a, to: a.spec.memory + .mib(1_980), running: running) == nil)
        let refused = await grows(b, to: b.spec.memory + .mib(1_980), running: running)
        #expect(refused?.kind == .refused)
        #expect(
            refused?.text.contains("refuses to give guest b") == true
                && refused?.text.contains("of 4GiB that guests may have 2.9GiB are taken by others") == true,
            "\(refused?.text ?? "")")
        #expect(await admits(guest("c", costing: 256), running: running)?.kind == .refused)
        await admission.settled(a.id)
        #expect(await grows(b, to: b.spec.memory + .mib(1_980), running: running) == nil)
    }

    @Test func lessMemoryIsNeverRefused() async {
        let a = guest("a", costing: 6_000)
        #expect(await grows(a, to: .mib(64), running: [process(a)]) == nil)
        #expect(await grows(a, to: a.spec.memory, running: [process(a)]) == nil)
        #expect(await grows(a, to: a.spec.memory + .mib(1), running: [process(a)])?.kind == .refused)
        // One that does not run gets it at its start, which is admitted then.
        #expect(await grows(a, to: .gib(64), running: []) == nil)
    }

    @Test func manyAtOnceNeverGetMoreThanThereIs() async {
        let guests = (0..<40).map { guest("g\($0)", costing: 512) }
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for guest in guests { group.addTask { await admits(guest) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 8)
    }
}
