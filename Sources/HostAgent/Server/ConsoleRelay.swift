import FleetModel
import Glibc
import HostSystem
import Synchronization

/// Carries bytes between a client and a guest's serial console. What the guest prints is always read, also while
/// the client is slow: a console that is connected and not read stalls the guest.
struct ConsoleRelay {
    let path: String

    /// How long the guest says nothing before it is taken to have answered all of an input that has ended. QEMU drops
    /// what it was sent and has not passed on when the connection ends, so that leaving at once would lose both.
    private static let quiet = Duration.seconds(1)

    /// A guest that never becomes quiet has had its time after so long.
    private static let patience = Duration.seconds(30)

    /// Until the guest's end closes, the task is cancelled, or the input has ended and the guest has become quiet.
    func run(
        input: AsyncStream<[UInt8]>, output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(HostError) {
        let descriptor = try await connect()
        defer { close(descriptor) }
        let clock = Activity()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await bytes in input where !(await Self.send(bytes, to: descriptor)) { return }
                clock.note()
                let deadline = ContinuousClock.now + Self.patience
                while !Task.isCancelled, ContinuousClock.now < deadline {
                    let silence = clock.silence
                    guard silence < Self.quiet else { return }
                    try? await Task.sleep(for: Self.quiet - silence)
                }
            }
            group.addTask {
                var chunk = [UInt8](repeating: 0, count: 16_384)
                while !Task.isCancelled {
                    let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
                    if count > 0 {
                        clock.note()
                        output(Array(chunk[0..<count]))
                    } else if count == 0 {
                        return
                    } else {
                        guard errno == EAGAIN || errno == EINTR else { return }
                        try? await Task.sleep(for: .milliseconds(10))
                    }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// A guest that does not read what is typed must not hold one of the few threads that tasks share.
    ///
    /// - Returns: false where the guest's end is closed.
    private static func send(_ bytes: [UInt8], to descriptor: CInt) async -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty, !Task.isCancelled {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else {
                guard errno == EAGAIN || errno == EINTR else { return false }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        return true
    }

    /// QEMU serves one client, and lets few others wait: where there are more, this waits without holding a thread.
    private func connect() async throws(HostError) -> CInt {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do throws(SystemError) { return try attempt() } catch {
                guard error.errno == .resourceTemporarilyUnavailable else {
                    throw HostError(.failed, error.description)
                }
            }
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
                throw HostError(
                    .failed,
                    "cannot connect to \(path): others are connected to the console, and more wait for it; leave one")
            }
        }
    }

    private func attempt() throws(SystemError) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, connected == 0 else {
            let error = SystemError.now("connect to", path, advice: "the guest does not run: see lodge status")
            if descriptor >= 0 { close(descriptor) }
            throw error
        }
        return descriptor
    }
}

/// When a console said something last.
private final class Activity: Sendable {
    private let last = Mutex(ContinuousClock.now)

    func note() { last.withLock { $0 = .now } }
    var silence: Duration { last.withLock { $0 }.duration(to: .now) }
}
