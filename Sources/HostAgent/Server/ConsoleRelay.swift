import FleetModel
import Glibc
import HostSystem

/// Carries bytes between a client and a guest's serial console. What the guest prints is always read, also while
/// the client is slow: a console that is connected and not read stalls the guest.
struct ConsoleRelay {
    let path: String

    /// Until the input ends, the task is cancelled or the guest's end closes.
    func run(
        input: AsyncStream<[UInt8]>, output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(HostError) {
        let descriptor = try connect()
        defer { close(descriptor) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await bytes in input where !(await Self.send(bytes, to: descriptor)) { return }
            }
            group.addTask {
                var chunk = [UInt8](repeating: 0, count: 16_384)
                while !Task.isCancelled {
                    let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
                    if count > 0 {
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

    private func connect() throws(HostError) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, connected == 0 else {
            let error = SystemError.now("connect to", path, advice: "the guest does not run: see lodge status")
            if descriptor >= 0 { close(descriptor) }
            throw HostError(.failed, error.description)
        }
        return descriptor
    }
}
