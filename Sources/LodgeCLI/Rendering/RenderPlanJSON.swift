import FleetModel
import FoundationEssentials

/// A plan as one JSON document with the field names of Terraform's: for policies, bots and scripts. Equal plans give
/// equal bytes, the timestamp aside.
///
/// - Parameters:
///   - timestamp: When the plan was made, as RFC 3339 text.
///   - digest: Of the plan, as apply checks it.
public func renderPlanJSON(_ plan: Plan, lodgeVersion: String, timestamp: String, digest: Digest) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let document = PlanDocument(plan, lodgeVersion: lodgeVersion, timestamp: timestamp, digest: digest)
    do {
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    } catch {
        // The document is plain data: its numbers are finite and its keys are strings.
        fatalError("the plan cannot be written as JSON: \(error)")
    }
}

/// The document's layout; its keys are the property names in snake case, as Terraform's are.
struct PlanDocument: Encodable {
    let formatVersion = "1.0"
    let lodgeVersion: String
    let fleet: Name
    let applyable: Bool
    let errored: Bool
    let digest: Digest
    let timestamp: String
    let resourceChanges: [ResourceChange]
    let resourceDrift: [ResourceChange]
    let capacity: [Capacity]
    let strangers: [StrangerShare]
    let steps: [PlannedStep]
    let diagnostics: [DiagnosticDocument]
    let notes: [String]
    let unreachable: [Name]

    init(_ plan: Plan, lodgeVersion: String, timestamp: String, digest: Digest) {
        self.lodgeVersion = lodgeVersion
        fleet = plan.fleet
        applyable = plan.refusals.isEmpty && !plan.isEmpty
        errored = !plan.refusals.isEmpty || !plan.unreachable.isEmpty
        self.digest = digest
        self.timestamp = timestamp
        let stopped = plan.stopped
        let changes = plan.changes.map { (change: $0, document: ResourceChange($0, stops: stopped.contains($0))) }
        resourceChanges = changes.map(\.document)
        resourceDrift = changes.filter(\.change.isDrift).map(\.document)
        capacity = plan.capacity.map { Capacity($0) }
        strangers = plan.strangers.map { StrangerShare($0) }
        steps = plan.steps.map { PlannedStep($0) }
        diagnostics = (plan.refusals + plan.warnings + inOrder(plan.unreachable)).map { DiagnosticDocument($0) }
        notes = plan.notes
        unreachable = plan.unreachable.keys.sorted()
    }

    struct Capacity: Encodable {
        struct Amounts: Encodable {
            let memory: Int64
            let cpus: Int
            let disk: Int64

            init(_ amounts: HostCapacity.Amounts) {
                memory = amounts.memory.bytes
                cpus = amounts.cpus
                disk = amounts.disk.bytes
            }
        }

        let host: Name
        let allocatable, before, peak, after: Amounts

        init(_ capacity: HostCapacity) {
            host = capacity.host
            allocatable = Amounts(capacity.allocatable)
            before = Amounts(capacity.before)
            peak = Amounts(capacity.peak)
            after = Amounts(capacity.after)
        }
    }

    struct StrangerShare: Encodable {
        let host: Name
        let description: String
        let memory: Int64
        let cpus: Int

        init(_ stranger: Stranger) {
            host = stranger.host
            description = stranger.text
            memory = stranger.memory.bytes
            cpus = stranger.cpus
        }
    }

    struct PlannedStep: Encodable {
        let id: Int
        let address: ResourceAddress
        let verb: String
        let host: Name
        let needs: [Int]
        let memoryDelta: Int64

        init(_ step: Step) {
            id = step.id
            address = step.address
            verb = step.verb
            host = step.host
            needs = step.needs
            memoryDelta = step.memoryDelta
        }
    }
}

/// A diagnostic with its keys always there, null where it has no value.
struct DiagnosticDocument: Encodable {
    let severity: Diagnostic.Severity
    let code: String
    let summary: String
    let detail: OrNull<String>
    let help: OrNull<String>
    let range: OrNull<SourceRange>

    init(_ diagnostic: Diagnostic) {
        severity = diagnostic.severity
        code = diagnostic.code
        summary = diagnostic.summary
        detail = OrNull(diagnostic.detail)
        help = OrNull(diagnostic.help)
        range = OrNull(diagnostic.range)
    }
}

/// Written as `null` where there is nothing, instead of leaving the key out.
struct OrNull<Value: Encodable>: Encodable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}
