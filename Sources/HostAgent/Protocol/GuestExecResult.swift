/// What a program in a guest came to.
public struct GuestExecResult: Codable, Hashable, Sendable {
    /// As a shell has it: 128 and the number of the signal, where one ended it.
    public var exitCode: Int32
    /// In base64, as the guest's agent sent it.
    public var output: String?
    public var errors: String?
    /// True: the agent did not keep all that the program wrote.
    public var isTruncated: Bool

    public init(exitCode: Int32, output: String? = nil, errors: String? = nil, isTruncated: Bool = false) {
        self.exitCode = exitCode
        self.output = output
        self.errors = errors
        self.isTruncated = isTruncated
    }
}
