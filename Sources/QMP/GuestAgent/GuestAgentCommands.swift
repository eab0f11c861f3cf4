import FoundationEssentials

/// What a command in a guest came to: `guest-exec-status`.
public struct GuestExecStatus: Decodable, Sendable, Equatable {
    public var exited: Bool
    public var exitCode: Int?
    /// What ended it, where a signal did.
    public var signal: Int?
    /// In base64, as it came; nil: nothing.
    public var output: String?
    public var errors: String?
    /// The end of its standard output, and of what it wrote to standard error, as text.
    public var outputText: String { Self.text(output) }
    public var errorText: String { Self.text(errors) }
    /// The agent keeps 16 MiB of each.
    public var isTruncated: Bool

    private static func text(_ base64: String?) -> String {
        // Few of its last characters; four of them are three bytes.
        guard let end = base64?.utf8.suffix(16_384), let bytes = Data(base64Encoded: Data(end)) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private enum CodingKeys: String, CodingKey {
        case exited, signal
        case exitCode = "exitcode"
        case output = "out-data"
        case errors = "err-data"
        case outputTruncated = "out-truncated"
        case errorsTruncated = "err-truncated"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        exited = try container.decode(Bool.self, forKey: .exited)
        exitCode = try container.decodeIfPresent(Int.self, forKey: .exitCode)
        signal = try container.decodeIfPresent(Int.self, forKey: .signal)
        output = try container.decodeIfPresent(String.self, forKey: .output)
        errors = try container.decodeIfPresent(String.self, forKey: .errors)
        let ends = [CodingKeys.outputTruncated, .errorsTruncated]
        isTruncated = try ends.contains { try container.decodeIfPresent(Bool.self, forKey: $0) == true }
    }
}

extension GuestAgentSession {
    /// `guest-exec`: starts a program, whose output the agent keeps.
    ///
    /// - Parameters:
    ///   - path: looked for in the agent's PATH.
    ///   - input: its standard input, in base64.
    /// - Returns: its process id in the guest, by which its status is asked for.
    public func start(
        _ path: String, _ arguments: [String], input: String? = nil
    ) async throws(GuestAgentError) -> Int64 {
        var members: [String: QMPValue] = [
            "path": .string(path), "arg": .array(arguments.map { .string($0) }), "capture-output": true,
        ]
        if let input { members["input-data"] = .string(input) }
        struct Started: Decodable { var pid: Int64 }
        return try await execute("guest-exec", members, as: Started.self).pid
    }

    /// `guest-exec-status`. Once it has said that the program ended, the agent has forgotten it.
    public func status(of pid: Int64) async throws(GuestAgentError) -> GuestExecStatus {
        try await execute("guest-exec-status", ["pid": .integer(pid)], timeout: .seconds(120))
    }

    /// `guest-file-open`.
    ///
    /// - Parameter mode: as of fopen(3).
    /// - Returns: the agent's number for it.
    public func open(_ path: String, mode: String) async throws(GuestAgentError) -> Int64 {
        try await execute("guest-file-open", ["path": .string(path), "mode": .string(mode)])
    }

    /// `guest-file-read`.
    ///
    /// - Returns: at most so many bytes; empty at the file's end.
    public func read(_ file: Int64, count: Int) async throws(GuestAgentError) -> [UInt8] {
        struct Part: Decodable {
            var text: String
            private enum CodingKeys: String, CodingKey { case text = "buf-b64" }
        }
        let part = try await execute(
            "guest-file-read", ["handle": .integer(file), "count": .integer(Int64(count))], as: Part.self)
        guard let bytes = Data(base64Encoded: part.text), bytes.count <= count else {
            throw GuestAgentError(operation: "guest-file-read", reason: .violation("other bytes than were asked for"))
        }
        return Array(bytes)
    }

    /// `guest-file-write`, as often as it takes.
    public func write(_ bytes: [UInt8], to file: Int64) async throws(GuestAgentError) {
        struct Written: Decodable { var count: Int }
        var rest = Data(bytes)
        while !rest.isEmpty {
            let written = try await execute(
                "guest-file-write", ["handle": .integer(file), "buf-b64": .string(rest.base64EncodedString())],
                as: Written.self)
            guard (1...rest.count).contains(written.count) else {
                throw GuestAgentError(
                    operation: "guest-file-write", reason: .violation("it wrote \(written.count) bytes"))
            }
            rest = rest.dropFirst(written.count)
        }
    }

    /// `guest-file-close`.
    public func close(_ file: Int64) async throws(GuestAgentError) {
        let _: QMPValue = try await execute("guest-file-close", ["handle": .integer(file)])
    }
}
