import Dispatch

/// Runs what blocks for long on a thread of its own, so that other tasks go on. The global queue has no such thread: it
/// shares its own, as many as there are processors, with the tasks.
public func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "lodge.off-pool").async { continuation.resume(with: Swift.Result(catching: body)) }
    }
}

/// Waits for a result so long; then cancels the body, and waits for its end alone. Where this task is cancelled, what the
/// body then says counts.
///
/// - Returns: nil where the time was over first, or the body has none.
public func within<Result: Sendable>(
    _ time: Duration, _ body: @escaping @Sendable () async -> Result?
) async -> Result? {
    await withTaskGroup(of: Result?.self) { race in
        race.addTask { await body() }
        race.addTask {
            try? await Task.sleep(for: time)
            return nil
        }
        var first = await race.next() ?? nil
        if first == nil, Task.isCancelled { first = await race.next() ?? nil }
        race.cancelAll()
        return first
    }
}
