import FleetModel

/// What a host's agent can be asked.
enum HostRequest: Codable, Sendable {
    /// Must come first. The two sides have to speak the same version.
    ///
    /// - Parameter web: how the web is reached, as the client's environment says.
    case hello(version: Int, web: WebSettings? = nil)
    case observe
    case lock(holder: String, timeout: Timespan)
    case perform(Step, HostPolicy)
    /// Connects the guest's serial console: `data` frames go both ways until one side sends `end`.
    case console(GuestReference)
    /// What the console log holds, or that many lines at its end, as `data` frames; where it is followed, also what is
    /// added to it until the request is cancelled.
    case log(GuestReference, lines: Int?, follows: Bool)
    /// Runs a program in the guest to its end, with its standard input in base64.
    case execute(GuestReference, command: [String], input: String?)
    /// Reads a file in the guest, as `data` frames.
    case readFile(GuestReference, path: String)
    /// Writes a file in the guest from `data` frames until `end`. Each one is answered by an empty one when it is
    /// written. Where the path is a folder, the file is made in it under the name.
    case writeFile(GuestReference, path: String, name: String, mode: UInt32)
    /// What lies in the cache, whole and in part.
    case listCache
    /// Takes an image into the cache from `data` frames until `end`, each answered by an empty one when it is written.
    case storeImage(CachedFile, limit: ByteCount?)
    /// What cloud-init says in each guest that tells.
    case cloudInitReports
    /// Checks what the host needs for its job.
    case examine

    /// True for what changes the host: once begun it is not cut short, whoever asked and has gone.
    var isChange: Bool {
        switch self {
        case .perform(let step, _): !step.operation.isWait
        case .hello, .observe, .lock, .console, .log, .execute, .readFile, .writeFile, .listCache, .storeImage,
            .cloudInitReports, .examine:
            false
        }
    }
}

/// How the agent answers.
enum HostReply: Codable, Sendable {
    case hello(version: Int)
    case observed(LiveHost)
    case done(remark: String?)
    case executed(GuestExecResult)
    /// The permission bits of a file that was read.
    case file(mode: UInt32?)
    case cache([StoredFile])
    case cloudInitReports([ObjectID: CloudInitReport])
    case examined([HostCheck])
    case failed(HostError)
}

/// One thing that a host needs, and whether it is there.
public struct HostCheck: Codable, Hashable, Sendable {
    public enum Verdict: String, Codable, Sendable { case good, warning, bad }

    /// Such as `KVM`, `nft`.
    public var subject: String
    public var verdict: Verdict
    /// What was found.
    public var finding: String
    /// How to mend it.
    public var fix: String?

    public init(_ subject: String, _ verdict: Verdict, _ finding: String, fix: String? = nil) {
        self.subject = subject
        self.verdict = verdict
        self.finding = finding
        self.fix = fix
    }
}
