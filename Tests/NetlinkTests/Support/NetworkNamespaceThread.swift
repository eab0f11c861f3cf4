import CLinux
import Glibc
import SystemPackage
import Testing

/// Runs `body` on a thread of its own that has moved to a new, empty network namespace.
///
/// `unshare` moves only the calling thread and Swift's tasks hop threads, so the whole body is synchronous. What it finds
/// out is returned and judged by the test, because expectations on a foreign thread are not counted for it. The
/// namespace and all in it are gone once the thread has ended and the body's sockets are closed.
func inNetworkNamespace<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let work = ThreadWork {
            continuation.resume(
                with: Result {
                    try enterNewNetworkNamespace()
                    return try body()
                })
        }
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(work).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<ThreadWork>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument)
        precondition(result == 0, "pthread_create: \(Errno(rawValue: result))")
        pthread_detach(thread)
    }
}

/// Moves the calling thread into a new network namespace.
func enterNewNetworkNamespace() throws {
    let result = clinux_unshare(CLONE_NEWNET)
    guard result == 0 else { throw Errno(rawValue: -result) }
}

private final class ThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test, and says why, where network namespaces cannot be made.
    static var needsNetworkNamespace: Self {
        .enabled(if: geteuid() == 0, "needs root, to make a network namespace of its own")
    }

    static var needsTun: Self {
        .enabled(
            if: geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0,
            "needs root and /dev/net/tun, to open taps in a network namespace of its own")
    }
}
