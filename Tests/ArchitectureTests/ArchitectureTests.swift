import Testing

/// What the code is made of: who imports whom, and how long a file is.
@Suite struct ArchitectureTests {
    @Test func everyTargetIsARoom() {
        #expect(Set(SwiftSource.names(in: "\(SwiftSource.root)/Sources")) == Set(Room.all.map(\.name)))
    }

    @Test func importsPointDownwards() {
        let order = Room.all.map(\.name)
        for room in Room.all {
            for below in room.ours {
                #expect(order.firstIndex(of: below)! > order.firstIndex(of: room.name)!, "\(room.name) → \(below)")
            }
        }
    }

    @Test(arguments: Room.all.map(\.name)) func importsOnlyWhatItMay(name: String) {
        let room = Room.all.first { $0.name == name }!
        for source in SwiftSource.all(in: "Sources/\(name)") {
            let broken = violations(of: room, in: source)
            #expect(broken.isEmpty, "\(source.path) imports \(broken.joined(separator: ", "))")
        }
    }

    /// A table that names what nobody imports has got out of step with the code.
    @Test func theTableNamesNothingThatIsNotImported() {
        for room in Room.all where room.name != "lodge" {
            let imported = Set(SwiftSource.all(in: "Sources/\(room.name)").flatMap(\.imports))
            #expect(room.outside.subtracting(imported).isEmpty, "\(room.name)")
        }
    }

    @Test func everyImportIsSeen() {
        let source = SwiftSource(
            path: "Sources/Planner/X.swift",
            text:
                "import FleetModel\n@testable import QMP\npublic import Glibc\nimport struct Foundation.Date\n// import A\n"
                + "@_exported public import NIOCore\nlet text = \"import B\"\n")
        #expect(source.imports == ["FleetModel", "QMP", "Glibc", "Foundation", "NIOCore"])
        let planner = Room.all.first { $0.name == "Planner" }!
        #expect(violations(of: planner, in: source) == ["QMP", "Glibc", "Foundation", "NIOCore"])
    }

    private func violations(of room: Room, in source: SwiftSource) -> [String] {
        source.imports.filter { !room.mayImport($0, in: source.fileName) }
    }

    @Test(arguments: Room.pure) func pureCodeHasNoClockAndNoChance(name: String) {
        let impure = [
            "ContinuousClock", "SuspendingClock", "Date(", "Date.now", ".random(", ".randomElement(", ".shuffled(",
            "SystemRandomNumberGenerator", "UUID(", "ProcessInfo", " print(",
        ]
        for source in SwiftSource.all(in: "Sources/\(name)") {
            for line in source.code {
                let found = impure.filter { line.contains($0) }
                #expect(found.isEmpty, "\(source.path): \(line)")
            }
        }
    }

    @Test(arguments: ["Sources", "Tests"]) func filesFitInTheHead(folder: String) {
        let sources = SwiftSource.all(in: folder)
        #expect(sources.count > 10)
        for source in sources { #expect(source.lines.count <= 400, "\(source.path)") }
    }

    @Test func sourcesUseStructuredConcurrencyAndProvenSendability() {
        for source in SwiftSource.all(in: "Sources") {
            for line in source.code where line.contains("Task.detached") || line.contains("nonisolated(unsafe)") {
                Issue.record("\(source.path): \(line)")
            }
        }
    }
}
