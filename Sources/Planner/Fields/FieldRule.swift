import FleetModel

/// One field of an object: how two values of it are compared and written, and what changing it does. Tables of
/// these are the only place that knows impacts.
struct FieldRule<Value: Sendable>: Sendable {
    let path: String
    let cases: [FieldCase<Value>]
    private let differs: @Sendable (Value, Value) -> Bool
    let text: @Sendable (Value) -> String?

    /// - Parameters:
    ///   - read: The field's value; two objects differ in the field where these differ.
    ///   - text: The value for people; nil: it is not set.
    ///   - cases: In their order; the first that applies counts. The last one applies always.
    init<Field: Equatable & SendableMetatype>(
        _ path: String, _ read: @escaping @Sendable (Value) -> Field,
        text: @escaping @Sendable (Field) -> String?, _ cases: [FieldCase<Value>]
    ) {
        self.init(path, differs: { read($0) != read($1) }, text: { text(read($0)) }, cases)
    }

    init(
        _ path: String, differs: @escaping @Sendable (Value, Value) -> Bool,
        text: @escaping @Sendable (Value) -> String?, _ cases: [FieldCase<Value>]
    ) {
        self.path = path
        self.cases = cases
        self.differs = differs
        self.text = text
    }

    /// - Parameter path: The field's path within the object where it is not the rule's own.
    /// - Returns: nil where the two do not differ in the field.
    func verdict(from before: Value, to after: Value, at path: String? = nil, _ context: GuestContext) -> FieldVerdict?
    {
        let step = FieldStep(old: before, new: after, guest: context)
        guard differs(before, after),
            let this = cases.first(where: { $0.applies(step) }) ?? cases.last
        else { return nil }
        let (old, new) = (text(before), text(after))
        let notes = [this.effect.needsGuest ? "the guest has to co-operate" : nil, this.note(step)]
        let note = notes.compactMap { $0 }.joined(separator: "; ")
        let field = Change.Field(
            path: path ?? self.path, before: old, after: old == new ? "(changed)" : new, impact: this.effect.impact,
            note: note.isEmpty ? nil : note)
        return FieldVerdict(field: field, effect: this.effect)
    }

    /// The field's rows of the table.
    func effects(of kind: String, under prefix: String = "") -> FieldEffects {
        FieldEffects(kind, prefix + path, cases.map(\.effect))
    }
}

/// A field on its way from one value to another, in objects of which a guest is one or has one.
struct FieldStep<Value: Sendable>: Sendable {
    let old: Value
    let new: Value
    let guest: GuestContext
}

/// What one way of changing a field does, and when it is this way.
struct FieldCase<Value: Sendable>: Sendable {
    let effect: FieldEffect
    /// Why it is so for this guest now.
    let note: @Sendable (FieldStep<Value>) -> String?
    let applies: @Sendable (FieldStep<Value>) -> Bool

    static func when(
        _ id: String, _ change: String, _ impact: Impact, needsGuest: Bool = false, interrupts: Bool? = nil,
        note: @escaping @Sendable (FieldStep<Value>) -> String? = { _ in nil },
        if condition: @escaping @Sendable (FieldStep<Value>) -> Bool
    ) -> FieldCase {
        FieldCase(
            effect: FieldEffect(
                id, change, .impact(impact), needsGuest: needsGuest, isDeferred: false, interrupts: interrupts),
            note: note, applies: condition)
    }

    static func always(
        _ id: String, _ change: String, _ impact: Impact, needsGuest: Bool = false,
        note: @escaping @Sendable (FieldStep<Value>) -> String? = { _ in nil }
    ) -> FieldCase {
        when(id, change, impact, needsGuest: needsGuest, note: note) { _ in true }
    }

    /// Recorded now, in effect at the guest's next restart.
    static func deferred(_ id: String, _ change: String, note text: String) -> FieldCase {
        FieldCase(
            effect: FieldEffect(id, change, .impact(.live), isDeferred: true),
            note: { $0.guest.isRunning ? text : nil }, applies: { _ in true })
    }
}

/// What a plan says about one field that differs.
struct FieldVerdict: Sendable {
    var field: Change.Field
    var effect: FieldEffect
}

/// A text in double quotes, shortened to a line that can be read at a glance.
func quoted(_ text: String) -> String {
    let line = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    let isShort = line.count == text.count && line.count <= 60
    return isShort ? "\"\(line)\"" : "\"\(line.prefix(57))...\""
}
