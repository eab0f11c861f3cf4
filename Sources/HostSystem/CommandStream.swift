import Glibc
import Subprocess
import SystemPackage

extension Command {
    /// Runs a program that makes one stream of another.
    ///
    /// - Parameters:
    ///   - input: a descriptor of a file, which is read from its beginning.
    ///   - user: whom it runs as, without any other group and without a way to more rights; nil: as this process.
    ///   - body: gets what the program writes, as it comes. Where it throws, or the task is cancelled, the program is
    ///     ended.
    public static func stream(
        _ name: String, _ arguments: [String], package: String, input: CInt,
        user: (user: UInt32, group: UInt32)? = nil, _ body: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let line = ([name] + arguments).joined(separator: " ")
        guard let path = find(name) else {
            throw CommandError(command: line, outcome: "not found", advice: "install it: apt-get install \(package)")
        }
        lseek(input, 0, SEEK_SET)
        let vector = vector(path, arguments, as: user)
        let result = try await Subprocess.run(
            .path(FilePath(vector[0])), arguments: Arguments(Array(vector.dropFirst())), environment: environment,
            input: .fileDescriptor(FileDescriptor(rawValue: input), closeAfterSpawningProcess: false),
            output: .sequence, error: .string(limit: 1 << 20)
        ) { execution -> (any Error)? in
            do {
                for try await buffer in execution.standardOutput {
                    try Task.checkCancellation()
                    try buffer.withUnsafeBytes(body)
                    // Where there is always more, nothing else would let other tasks have their turn.
                    await Task.yield()
                }
                return nil
            } catch {
                try? execution.send(signal: .kill)
                return error
            }
        }
        if let error = result.closureResult { throw error }
        guard case .exited(0) = result.terminationStatus else {
            throw CommandError(
                command: line, outcome: "\(result.terminationStatus)",
                output: result.standardError.split(separator: "\n").suffix(5).joined(separator: "; "))
        }
    }
}
