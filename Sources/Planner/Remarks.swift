import FleetModel

/// What a stage has to say beside its result.
struct Remarks {
    var refusals: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    var notes: [String] = []

    mutating func refuse(
        _ code: String, _ summary: String, detail: String? = nil, help: String? = nil, range: SourceRange? = nil
    ) {
        refusals.append(.error(code, summary, detail: detail, help: help, range: range))
    }

    mutating func warn(_ code: String, _ summary: String, help: String? = nil, range: SourceRange? = nil) {
        warnings.append(.warning(code, summary, help: help, range: range))
    }
}
