import FleetModel
import HostAgent

/// Runs the steps of a plan: each as soon as those that it needs have ended well, at most `parallelism` at once.
/// After a failure the steps that do not need the failed one go on, but for stops of guests whose set is paused by it.
///
/// - Parameters:
///   - stop: once it is made, waits are cut short, running steps end, and nothing new begins.
///   - report: called for every event; must not block.
public func apply(
    _ plan: Plan, on connections: Connections, parallelism: Int, stop: StopRequest,
    report: @escaping @Sendable (ApplyEvent) -> Void
) async -> ApplyOutcome {
    var queue = StepQueue(plan.steps)
    // Waits are cut short after it was said that they are.
    let announced = StopRequest()
    var outcome = ApplyOutcome()
    await withTaskGroup(of: Occurrence.self) { group in
        group.addTask {
            await stop.wait()
            return .stopWished
        }
        var running = 0
        while true {
            while running < parallelism, !stop.isMade, let step = queue.next() {
                running += 1
                let policy = plan.policies[step.host] ?? HostPolicy()
                report(.began(step))
                group.addTask { .ended(await run(step, policy, on: connections, stop: announced, report: report)) }
            }
            guard running > 0, let occurrence = await group.next() else { break }
            switch occurrence {
            case .stopWished:
                report(.stopping(running: running))
                announced.make()
            case .ended(let result):
                running -= 1
                guard let failure = result.failure else {
                    outcome.done.append(result.step)
                    if let remark = result.remark { outcome.remarks.append(.init(step: result.step, text: remark)) }
                    queue.succeeded(result.step)
                    continue
                }
                queue.failed(result.step)
                outcome.failed.append(
                    ApplyOutcome.Failure(
                        step: result.step, isRefusal: failure.kind == .refused, reason: failure.text))
            }
        }
        group.cancelAll()
    }
    let touched = Set((outcome.done + outcome.failed.map(\.step)).map(\.id))
    outcome.notBegun = plan.steps.filter { !touched.contains($0.id) }
    outcome.wasStopped = stop.isMade && !(outcome.notBegun.isEmpty && outcome.failed.isEmpty)
    return outcome
}

/// What the run of a plan waits for.
private enum Occurrence {
    case ended(StepResult)
    case stopWished
}

private struct StepResult {
    var step: Step
    var failure: HostError?
    var remark: String?
}

private func run(
    _ step: Step, _ policy: HostPolicy, on connections: Connections, stop: StopRequest,
    report: @escaping @Sendable (ApplyEvent) -> Void
) async -> StepResult {
    let start = ContinuousClock.now
    do throws(HostError) {
        guard let connection = connections[step.host] else {
            throw HostError(.unreachable, "there is no connection with host \(step.host)")
        }
        let session = try connection.get()
        let remark = try await untilStopped(step.operation.isWait ? stop : nil) { () throws(HostError) in
            try await session.perform(step, policy: policy) { report(.progress(step, $0)) }
        }
        report(.ended(step, elapsed: .now - start, remark: remark))
        return StepResult(step: step, remark: remark)
    } catch {
        report(.failed(step, elapsed: .now - start, reason: error.text))
        return StepResult(step: step, failure: error)
    }
}

/// Runs `body`; where the wish to stop comes first, cancels it and waits for what it then says.
private func untilStopped(
    _ stop: StopRequest?, _ body: @escaping @Sendable () async throws(HostError) -> String?
) async throws(HostError) -> String? {
    guard let stop else { return try await body() }
    let result = await withTaskGroup(of: Result<String?, HostError>?.self) { race in
        race.addTask {
            do throws(HostError) { return .success(try await body()) } catch { return .failure(error) }
        }
        race.addTask {
            await stop.wait()
            return nil
        }
        var result = await race.next() ?? nil
        race.cancelAll()
        if result == nil { result = await race.next() ?? nil }
        return result
    }
    guard let result else { throw HostError(.cancelled, "interrupted") }
    return try result.get()
}

extension ContinuousClock.Instant {
    fileprivate static func - (end: Self, start: Self) -> Duration { start.duration(to: end) }
}
