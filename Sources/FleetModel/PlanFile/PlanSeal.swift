/// Takes secrets out of a plan: in place of each stands a mark with the salted digest of its text. Equal texts have
/// equal marks, so that two sealed objects can be compared as the objects themselves can.
public struct PlanSeal: Codable, Hashable, Sendable {
    /// Differs from plan to plan, so that digests of one file say nothing about those of another.
    public var salt: String

    private static let markPrefix = "sealed:"

    public init(salt: String) { self.salt = salt }

    public func digest(of text: String) -> Digest { Digest(of: "\(salt)/\(text)") }

    private func mark(_ text: String) -> String { Self.markPrefix + digest(of: text).text }

    /// The digest in a mark; nil: the text is none.
    static func digest(in mark: String) -> Digest? {
        mark.hasPrefix(markPrefix) ? Digest(parsing: String(mark.dropFirst(markPrefix.count))) : nil
    }

    /// - Parameter others: sensitive fields beyond those that the spec itself names.
    public func seal(_ spec: GuestSpec, and others: Set<String> = []) throws(UnknownSensitiveField) -> GuestSpec {
        try spec.replacingTexts(at: others.union(spec.secrets.keys)) { text in mark(text) }
    }

    /// The reverse for what an apply writes; a mark without a text stays.
    static func unseal(_ spec: GuestSpec, _ texts: [Digest: String]) throws(UnknownSensitiveField) -> GuestSpec {
        try spec.replacingTexts(at: Set(spec.secrets.keys)) { mark in
            digest(in: mark).flatMap { texts[$0] } ?? mark
        }
    }

    /// True where the field, as a plan names it, holds one of the sensitive ones: `labels` holds `labels.token`.
    public static func covers(_ field: String, _ sensitive: Set<String>) -> Bool {
        sensitive.contains { $0 == field || $0.hasPrefix(field + ".") }
    }

    /// The fields of a sealed spec that hold a mark.
    public static func markedPaths(of spec: GuestSpec) -> Set<String> {
        var paths: Set<String> = []
        let candidates = ["cloudInit.userData", "cloudInit.hostname", "cloudInit.networkConfig", "boot.cmdline"]
        let users = (spec.cloudInit?.users ?? []).flatMap { user in
            user.sshKeys.indices.map { "cloudInit.users.\(user.name).sshKeys.\($0)" }
                + ["cloudInit.users.\(user.name).passwordHash"]
        }
        let files = (spec.cloudInit?.writeFiles ?? []).indices.map { "cloudInit.writeFiles.\($0).content" }
        for path in candidates + users + files + spec.labels.keys.map({ "labels.\($0)" }) {
            // The candidates are fields that texts can be replaced in.
            _ = try? spec.replacingTexts(at: [path]) { text in
                if digest(in: text) != nil { paths.insert(path) }
                return text
            }
        }
        return paths
    }

    /// Seals both sides alike: what is a secret on one side may stand as plain text on the other.
    func seal(_ change: Change) throws(UnknownSensitiveField) -> Change {
        var change = change
        var paths: Set<String> = []
        for case .guest(let spec) in [change.before, change.after] { paths.formUnion(spec.secrets.keys) }
        change.before = try change.before.map { object throws(UnknownSensitiveField) in try seal(object, paths) }
        change.after = try change.after.map { object throws(UnknownSensitiveField) in try seal(object, paths) }
        for index in change.fields.indices
        where change.fields[index].isSensitive || Self.covers(change.fields[index].path, paths) {
            change.fields[index].isSensitive = true
            change.fields[index].before = change.fields[index].before.map { _ in Change.Field.concealed }
            change.fields[index].after = change.fields[index].after.map { _ in Change.Field.concealed }
        }
        return change
    }

    private func seal(_ object: Change.Object, _ paths: Set<String>) throws(UnknownSensitiveField) -> Change.Object {
        guard case .guest(let spec) = object else { return object }
        return .guest(try seal(spec, and: paths))
    }
}
