import FleetModel

/// One field of an object: how two values of it are compared and written, and what changing it does. Tables of
/// these are the only place that knows impacts.
public struct FieldRule<Value: Sendable>: Sendable {
    public let path: String
    let differs: @Sendable (Value, Value) -> Bool
    let text: @Sendable (Value) -> String?
    let impact: @Sendable (Value, Value) -> Impact

    /// - Parameters:
    ///   - read: The field's value; two objects differ in the field where these differ.
    ///   - impact: What the step from the first to the second value does to a guest that runs.
    ///   - text: The value for people; nil: it is not set.
    init<Field: Equatable & SendableMetatype>(
        _ path: String, _ read: @escaping @Sendable (Value) -> Field,
        impact: @escaping @Sendable (Value, Value) -> Impact, text: @escaping @Sendable (Field) -> String?
    ) {
        self.path = path
        self.differs = { read($0) != read($1) }
        self.text = { text(read($0)) }
        self.impact = impact
    }

    init<Field: Equatable & SendableMetatype>(
        _ path: String, _ read: @escaping @Sendable (Value) -> Field, _ impact: Impact,
        text: @escaping @Sendable (Field) -> String?
    ) {
        self.init(path, read, impact: { _, _ in impact }, text: text)
    }

    func change(from before: Value, to after: Value, under prefix: String = "") -> Change.Field? {
        guard differs(before, after) else { return nil }
        let (old, new) = (text(before), text(after))
        return Change.Field(
            path: prefix + path, before: old, after: old == new ? "(changed)" : new, impact: impact(before, after))
    }
}

/// A text in double quotes, shortened to a line that can be read at a glance.
func quoted(_ text: String) -> String {
    let line = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    let isShort = line.count == text.count && line.count <= 60
    return isShort ? "\"\(line)\"" : "\"\(line.prefix(57))...\""
}
