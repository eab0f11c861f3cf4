import FleetModel
import KVMExecutor

/// What a client wants of the agent in a guest: the right call, and its error as the client's.
struct GuestRelay {
    let guest: GuestReference
    let layout: HostLayout

    func execute(_ command: [String], input: String?) async throws(HostError) -> GuestExecResult {
        try await attempt { () throws(ExecutorError) in
            let status = try await GuestAgent(guest, layout: layout).run(command, input: input)
            // The guest's words: a number that is no exit code is none.
            let code = status.signal.map { 128 + max(0, min($0, 127)) } ?? status.exitCode ?? 0
            return GuestExecResult(
                exitCode: Int32(truncatingIfNeeded: code & 0xFF), output: status.output, errors: status.errors,
                isTruncated: status.isTruncated)
        }
    }

    /// - Returns: the file's permission bits, where the guest tells.
    func read(_ path: String, output: @Sendable ([UInt8]) -> Void) async throws(HostError) -> UInt32? {
        try await attempt { () throws(ExecutorError) in
            try await GuestFileCopy(guest, path: path, layout: layout).read(output)
        }
    }

    func write(
        _ path: String, name: String, mode: UInt32, parts: AsyncStream<[UInt8]>,
        written: @escaping @Sendable () -> Void
    ) async throws(HostError) {
        try await attempt { () throws(ExecutorError) in
            try await GuestFileCopy(guest, path: path, layout: layout)
                .write(parts, name: name, mode: mode, written: written)
        }
    }

    private func attempt<Result>(_ body: () async throws(ExecutorError) -> Result) async throws(HostError) -> Result {
        do throws(ExecutorError) {
            return try await body()
        } catch {
            throw HostError(Task.isCancelled ? .cancelled : .failed, error.description)
        }
    }
}
