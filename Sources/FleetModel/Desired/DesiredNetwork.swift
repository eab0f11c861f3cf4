/// A network as the manifest declares it, its defaults filled in.
public struct DesiredNetwork: Equatable, Sendable {
    public var name: Name
    public var formerly: Name?
    public var labels: [String: String]
    public var spec: NetworkSpec
    public var origin: SourceRange?
    /// Where fields were set, by their paths (`ipv4.subnet`); a field with no entry has its default.
    public var origins: [FieldOrigin]

    public init(
        name: Name, formerly: Name? = nil, labels: [String: String] = [:], spec: NetworkSpec,
        origin: SourceRange? = nil, origins: [FieldOrigin] = []
    ) {
        self.name = name
        self.formerly = formerly
        self.labels = labels
        self.spec = spec
        self.origin = origin
        self.origins = origins
    }
}
