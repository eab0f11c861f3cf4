import FoundationEssentials
import Testing

/// What a plan says that it does, as its JSON has it.
struct PlannedChanges: Decodable {
    struct Resource: Decodable {
        struct Detail: Decodable {
            struct Field: Decodable {
                var path: String
                var impact: String
                var note: String?
            }
            var actions: [String]
            var fields: [Field]
        }
        var address: String
        var impact: String?
        var change: Detail
    }
    struct Step: Decodable {
        var id: Int
        var address: String
        var verb: String
        var needs: [Int]
    }
    var resourceChanges: [Resource]
    var steps: [Step]

    init(json: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(PlannedChanges.self, from: Data(json.utf8))
    }

    /// The impact of each field that the plan changes of an object, by its path.
    func fields(of address: String) throws -> [String: String] {
        let resource = try #require(resourceChanges.first { $0.address == address }, "the plan leaves \(address) alone")
        return Dictionary(resource.change.fields.map { ($0.path, $0.impact) }, uniquingKeysWith: { $1 })
    }

    /// What is done to an object, one after the other.
    func verbs(of address: String) -> [String] { steps.filter { $0.address == address }.map(\.verb) }
}

extension Lab {
    func planned(_ fleet: Fleet) async throws -> PlannedChanges {
        let result = try await lodge("plan", "-f", try write(fleet), "--output", "json")
        try #require(result.code == 0, "\(result)")
        return try PlannedChanges(json: result.output)
    }

    /// Applies a changed manifest: the plan has said exactly these fields with their impacts, and the next one has
    /// nothing to do.
    ///
    /// - Parameters:
    ///   - guest: Its fields, by path, that the plan is to change. It has another process afterwards where the plan
    ///     stops it, and the same one where it does not.
    ///   - interrupts: The guest is to go down.
    func apply(
        _ fleet: Fleet, changing guest: String, _ fields: [String: String], interrupts: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let plan = try await planned(fleet)
        let address = "guest.\(guest)"
        #expect(try plan.fields(of: address) == fields, sourceLocation: sourceLocation)
        let verbs = plan.verbs(of: address)
        #expect(verbs.contains("stop") == interrupts, "\(verbs)", sourceLocation: sourceLocation)
        #expect(verbs.contains("start") == interrupts, "\(verbs)", sourceLocation: sourceLocation)
        let pid = try await pid(guest)
        try await expectConverges(fleet, sourceLocation: sourceLocation)
        let same = try await self.pid(guest) == pid
        #expect(same != interrupts, "its process", sourceLocation: sourceLocation)
    }

    /// The same with fields that all change while the guest runs.
    func apply(
        _ fleet: Fleet, changingLive fields: String..., of guest: String = "web-1",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await apply(
            fleet, changing: guest, Dictionary(fields.map { ($0, "live") }, uniquingKeysWith: { $1 }),
            interrupts: false, sourceLocation: sourceLocation)
    }
}
