import ArgumentParser
import FleetModel
import HostAgent
import Reconciler

/// Starts, stops or restarts one guest by hand, in order: find it, lock its host, look at it again, decide, perform
/// the steps as an apply does.
struct PowerRun: Sendable {
    let wish: PowerWish
    let search: GuestSearch
    let lockTimeout: Timespan
    let style: TextStyle

    func run() async -> ExitCode { await search.run { await run($0) } }

    private func run(_ found: FoundGuest) async -> ExitCode {
        let live: LiveHost
        do throws(HostError) {
            try await found.session.lock(holder: LockOptions.holder, timeout: lockTimeout)
            live = try await found.session.observe()
        } catch {
            return Terminal.fail("host \(found.host.name): \(error.text)")
        }
        guard let guest = live.guests.first(where: { $0.definition.id == found.guest.definition.id }) else {
            return Terminal.fail("guest \(found.guest.definition.name) was removed meanwhile")
        }
        switch decidePower(wish, guest, on: live, found.host.policy) {
        case .nothing(let text):
            Terminal.output.write(text + "\n")
            return .success
        case .refused(let why):
            Terminal.errors.write(renderDiagnostics([why], style: Terminal.errors.style))
            return .refused
        case .operations(let operations): return await perform(operations, on: guest, found)
        }
    }

    private func perform(
        _ operations: [PowerDecision.Named], on guest: LiveGuest, _ found: FoundGuest
    ) async -> ExitCode {
        let name = guest.definition.name
        let steps = operations.enumerated().map { index, named in
            Step(
                id: index, address: ResourceAddress(.guest, name), host: found.host.name, verb: named.verb,
                needs: index > 0 ? [index - 1] : [], operation: named.operation,
                expects: index == 0 ? Fingerprint(guest) : nil)
        }
        let plan = Plan(
            fleet: guest.definition.owner.fleet, steps: steps, policies: [found.host.name: found.host.policy])
        let stop = StopRequest()
        let interruption = Interruption(stop)
        defer { withExtendedLifetime(interruption) {} }
        let progress = ApplyProgress(format: .text, style: style)
        let outcome = await withTaskGroup(of: Void.self) { group in
            group.addTask { await progress.tick() }
            let outcome = await apply(
                plan, on: [found.host.name: .success(found.session)], parallelism: 1, stop: stop,
                report: progress.report)
            group.cancelAll()
            return outcome
        }
        guard outcome.succeeded else {
            Terminal.errors.write("\n" + renderReport(outcome, style: Terminal.errors.style))
            if outcome.wasStopped { return .interrupted }
            return outcome.done.isEmpty && outcome.failed.allSatisfy(\.isRefusal) ? .refused : .failed
        }
        let declared = search.declared?.guests.first { $0.name == name }?.power
        Terminal.output.write(
            powerSummary(wish, name, power: declared ?? guest.definition.spec.power) + "\n")
        return .success
    }
}
