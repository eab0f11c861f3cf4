import FleetModel
import HostSystem
import QMP

/// Copies one file to or from a guest, by its agent. A copy into a guest is written beside its place under a name of its
/// own, and takes the place when it is whole.
public struct GuestFileCopy: Sendable {
    /// Bytes of a part; in base64 without padding.
    public static let partSize = 48 << 10

    /// After so many parts the channel is given up and asked for again, so that a copy keeps nobody else from it.
    private static let partsInTurn = 32

    private let agent: GuestAgent
    private let path: String

    /// - Parameter path: in the guest, from its root.
    public init(_ guest: GuestReference, path: String, layout: HostLayout) {
        agent = GuestAgent(guest, layout: layout)
        self.path = path
    }

    /// Opens a file in the guest, and moves one part after the other, taking turns with others on the channel.
    ///
    /// - Parameter step: moves a part; false: there is none left.
    private func transfer(
        _ operation: String, _ path: String, mode: String,
        _ step: (GuestAgentSession, Int64) async throws(GuestAgentError) -> Bool
    ) async throws(ExecutorError) {
        var session = try await agent.session(for: operation)
        do throws(GuestAgentError) {
            let file = try await session.open(path, mode: mode)
            var count = 0
            do throws(GuestAgentError) {
                while try await step(session, file) {
                    count += 1
                    if count % Self.partsInTurn == 0 { session = try await agent.nextTurn(after: session) }
                }
            } catch {
                try? await session.close(file)
                throw error
            }
            try await session.close(file)
            await session.end()
        } catch {
            await session.end()
            throw ExecutorError(operation, error)
        }
    }

    // MARK: From the guest

    /// Reads the file to its end.
    ///
    /// - Parameter output: gets its parts, in order.
    /// - Returns: its permission bits; nil: the guest does not tell.
    public func read(_ output: @Sendable ([UInt8]) -> Void) async throws(ExecutorError) -> UInt32? {
        let operation = "read \(path) in guest \(agent.guest.name)"
        try await transfer(operation, path, mode: "r") { session, file throws(GuestAgentError) in
            let part = try await session.read(file, count: Self.partSize)
            guard !part.isEmpty else { return false }
            output(part)
            return true
        }
        let status = try? await agent.run(["stat", "-L", "-c", "%a", path])
        return status?.text.flatMap { UInt32($0, radix: 8) }.map { $0 & 0o777 }
    }

    // MARK: Into the guest

    /// Writes the file from its parts. Where the path is a folder, into it.
    ///
    /// - Parameters:
    ///   - name: what it is called in a folder.
    ///   - mode: its permission bits.
    ///   - written: called after each part.
    /// - Throws: also where the task is cancelled; whatever goes wrong, the place has what it had before.
    public func write(
        _ parts: AsyncStream<[UInt8]>, name: String, mode: UInt32, written: @escaping @Sendable () -> Void
    ) async throws(ExecutorError) {
        let operation = "write \(path) in guest \(agent.guest.name)"
        let suffix = ".lodge-" + String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        let target = try await prepare(operation, name: name, suffix: suffix)
        let outcome: Result<Void, ExecutorError>
        do throws(ExecutorError) {
            try await fill(operation, target + suffix, parts, written)
            try await commit(operation, target + suffix, as: target, mode: mode)
            return
        } catch {
            outcome = .failure(error)
        }
        // Also where this task is cancelled; but a guest that does not answer any more is not waited for.
        let agent = agent
        _ = await Task {
            await within(.seconds(30)) { try? await agent.run(["rm", "-f", "--", target + suffix]) }
        }.value
        try outcome.get()
    }

    /// Makes the file under its first name, for its owner alone.
    ///
    /// - Returns: where it belongs.
    private func prepare(_ operation: String, name: String, suffix: String) async throws(ExecutorError) -> String {
        let script =
            #"t=$1; if [ -d "$t" ]; then t=${t%/}/$2; fi; if [ -d "$t" ]; then echo "$t is a folder" >&2; "#
            + #"exit 1; fi; umask 077; set -C; : >"$t$3" && printf %s "$t""#
        let status = try await agent.run(["sh", "-c", script, "sh", path, name, suffix])
        guard status.exitCode == 0, let target = status.text, !target.isEmpty else {
            throw ExecutorError(operation, status.words)
        }
        return target
    }

    private func fill(
        _ operation: String, _ path: String, _ parts: AsyncStream<[UInt8]>, _ written: @Sendable () -> Void
    ) async throws(ExecutorError) {
        var rest = parts.makeAsyncIterator()
        try await transfer(operation, path, mode: "r+") { session, file throws(GuestAgentError) in
            guard let part = await rest.next() else { return false }
            try await session.write(part, to: file)
            written()
            return true
        }
        // The stream ends at once in a cancelled task: that is no end of the file.
        if Task.isCancelled { throw ExecutorError(operation, "interrupted") }
    }

    private func commit(
        _ operation: String, _ temporary: String, as target: String, mode: UInt32
    ) async throws(ExecutorError) {
        let script = #"chmod "$1" "$2" && mv -f "$2" "$3""#
        let status = try await agent.run(
            ["sh", "-c", script, "sh", String(mode & 0o777, radix: 8), temporary, target])
        guard status.exitCode == 0 else { throw ExecutorError(operation, status.words) }
    }
}

extension GuestExecStatus {
    /// Its standard output, where it ended well; one line feed at its end does not count.
    fileprivate var text: String? {
        guard exitCode == 0 else { return nil }
        return outputText.hasSuffix("\n") ? String(outputText.dropLast()) : outputText
    }

    /// The last line that it wrote to standard error.
    fileprivate var words: String {
        errorText.split(separator: "\n").last.map(String.init) ?? "the shell there ended with \(exitCode ?? -1)"
    }
}
