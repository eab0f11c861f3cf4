/// A host as the manifest declares it.
public struct DesiredHost: Codable, Hashable, Sendable {
    public enum Connection: Codable, Hashable, Sendable {
        /// The machine that the command runs on.
        case local
        /// A host in memory and a JSON file, to try manifests without any virtualisation.
        case simulated
    }

    public var name: Name
    public var labels: [String: String]
    public var connection: Connection
    public var policy: HostPolicy
    /// True: guests that are not pinned to it and do not live on it already are placed elsewhere.
    public var cordoned: Bool
    public var privilege: Privilege
    public var origin: SourceRange?

    /// The one there is where none is declared: the machine that the command runs on.
    public static let local = DesiredHost(name: Name(parsing: "local")!)

    public init(
        name: Name, labels: [String: String] = [:], connection: Connection = .local, policy: HostPolicy = HostPolicy(),
        cordoned: Bool = false, privilege: Privilege = .auto, origin: SourceRange? = nil
    ) {
        self.name = name
        self.labels = labels
        self.connection = connection
        self.policy = policy
        self.cordoned = cordoned
        self.privilege = privilege
        self.origin = origin
    }
}

/// How the agent on a host becomes root.
public enum Privilege: String, Codable, Sendable, CaseIterable {
    /// Directly where the user is root, else through `sudo -n`.
    case auto
    /// Never: the agent runs as the user.
    case none
    /// Always through `sudo -n`.
    case sudo
}
