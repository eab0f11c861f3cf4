import FleetModel

/// What a stage has to say beside its result.
struct Remarks {
    var refusals: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    var notes: [String] = []

    /// - Parameter subject: the object that cannot be as it is wanted: without it, the rest may be.
    mutating func refuse(
        _ code: String, _ summary: String, detail: String? = nil, help: String? = nil, range: SourceRange? = nil,
        about subject: ResourceAddress? = nil
    ) {
        var refusal = Diagnostic.error(code, summary, detail: detail, help: help, range: range)
        refusal.subject = subject
        refusals.append(refusal)
    }

    mutating func warn(
        _ code: String, _ summary: String, detail: String? = nil, help: String? = nil, range: SourceRange? = nil,
        about subject: ResourceAddress? = nil
    ) {
        var warning = Diagnostic.warning(code, summary, detail: detail, help: help, range: range)
        warning.subject = subject
        warnings.append(warning)
    }
}
