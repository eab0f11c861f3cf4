/// What was waited for has not come true.
public struct TimedOut: Error {}

/// Waits up to a minute until the condition holds.
public func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<6_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw TimedOut()
}
