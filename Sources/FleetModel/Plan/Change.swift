/// What a plan does to one object on one host, and why.
public struct Change: Codable, Hashable, Sendable {
    public enum Action: String, Codable, Sendable {
        case create, update, replace, destroy
    }

    /// The object on one side of a change.
    public indirect enum Object: Codable, Hashable, Sendable {
        case guest(GuestSpec)
        case network(NetworkSpec)
        case image(ImageDefinition)
        case leftover(Leftover)
    }

    /// One field that differs.
    public struct Field: Codable, Hashable, Sendable {
        /// Such as `memory`, `nics.eth0.ipv4`.
        public var path: String
        /// Nil: the field is not set on that side.
        public var before: String?
        public var after: String?
        public var impact: Impact
        /// Why the impact is what it is for this guest now, such as `no free port`; nil: nothing to add.
        public var note: String?
        /// Where the manifest sets the new value; nil: nowhere, it is a default.
        public var origin: SourceRange?
        /// True: neither value is shown.
        public var isSensitive: Bool

        /// What stands for a value that nobody is to see.
        public static let concealed = "(sensitive)"

        public init(
            path: String, before: String?, after: String?, impact: Impact, note: String? = nil,
            origin: SourceRange? = nil, isSensitive: Bool = false
        ) {
            self.path = path
            self.before = before
            self.after = after
            self.impact = impact
            self.note = note
            self.origin = origin
            self.isSensitive = isSensitive
        }
    }

    public var address: ResourceAddress
    public var host: Name
    public var action: Action
    /// The largest impact of its fields and causes; nil for a creation.
    public var impact: Impact?
    /// One sentence each, without a full stop: `not in the manifests any more`, `it was stopped by hand`.
    public var causes: [String]
    public var fields: [Field]
    /// The live object's name where the change renames it.
    public var renamedFrom: Name?
    /// True where the live object is no longer what was last applied: stopped by hand, say, or a disk gone.
    public var isDrift: Bool
    /// True where the command itself asked for it: for a replacement that nothing else forces.
    public var isRequested: Bool
    /// The object on each side; nil: there is none.
    public var before: Object?
    public var after: Object?

    public init(
        address: ResourceAddress, host: Name, action: Action, impact: Impact?, causes: [String] = [],
        fields: [Field] = [], renamedFrom: Name? = nil, isDrift: Bool = false, isRequested: Bool = false,
        before: Object? = nil, after: Object? = nil
    ) {
        self.address = address
        self.host = host
        self.action = action
        self.impact = impact
        self.causes = causes
        self.fields = fields
        self.renamedFrom = renamedFrom
        self.isDrift = isDrift
        self.isRequested = isRequested
        self.before = before
        self.after = after
    }
}
