import FleetModel
import Foundation
import Testing

@testable import ManifestReader

/// Each folder in `Goldens` is a case: its manifests, and in `expected.txt` what reading them says.
/// With LODGE_UPDATE_GOLDENS=1, `expected.txt` is written instead of compared.
@Suite struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens").path
    static let cases = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
    static let codes = ProblemCode.allCases.map(\.rawValue)
    static let updates = ProcessInfo.processInfo.environment["LODGE_UPDATE_GOLDENS"] == "1"

    static func reading(_ name: String) -> ManifestReading {
        readManifests(
            [.path("\(folder)/\(name)")], values: values(name), requireFleet: !name.hasPrefix("validate-"))
    }

    /// What `values.txt` in the case's folder gives, line by line: `var NAME=VALUE`, `file PATH`, `env NAME=VALUE`.
    private static func values(_ name: String) -> ValueSources {
        var values = ValueSources()
        let text = (try? String(contentsOfFile: "\(folder)/\(name)/values.txt", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            let pair = parts[1].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch parts[0] {
            case "var": values.variables[pair[0]] = pair[1]
            case "env": values.environment[pair[0]] = pair[1]
            default: values.variableFiles.append("\(folder)/\(name)/\(parts[1])")
            }
        }
        return values
    }

    @Test(arguments: cases)
    func says(name: String) throws {
        let reading = Self.reading(name)
        var text = rendered(reading.diagnostics, relativeTo: "\(Self.folder)/\(name)")
        if text.isEmpty { text = "nothing\n" }
        let file = URL(filePath: "\(Self.folder)/\(name)/expected.txt")
        if Self.updates {
            try text.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(text == (try String(contentsOf: file, encoding: .utf8)))
        }
    }

    @Test(arguments: cases)
    func errorsAndFleetExcludeEachOther(name: String) {
        let reading = Self.reading(name)
        if reading.hasErrors { #expect(reading.fleet == nil) }
        if !reading.hasErrors, !name.hasPrefix("validate-") { #expect(reading.fleet != nil) }
    }

    @Test(arguments: cases)
    func problemsAreInOrderAndComplete(name: String) {
        let diagnostics = Self.reading(name).diagnostics
        let ranges = diagnostics.compactMap(\.range)
        #expect(ranges == ranges.sorted())
        for diagnostic in diagnostics {
            #expect(diagnostic.range == nil || diagnostic.sourceLine != nil)
            #expect(
                diagnostic.help != nil || diagnostic.code == "empty-manifest")
            #expect(ProblemCode(rawValue: diagnostic.code) != nil)
            #expect(!diagnostic.summary.unicodeScalars.contains { isControl($0) })
        }
    }

    /// Codes that take more than a small file to provoke; `HostileInputTests` and `SourceTests` do.
    static let elsewhere: Set<ProblemCode> = [
        .unreadablePath, .manifestTooLarge, .tooManyProblems, .nestingTooDeep, .tooManyNodes, .scalarTooLong,
    ]

    @Test func everyCodeIsShown() {
        let shown = Set(Self.cases.flatMap { Self.reading($0).diagnostics.map(\.code) })
        for code in ProblemCode.allCases where !Self.elsewhere.contains(code) {
            #expect(shown.contains(code.rawValue), "no golden shows \(code.rawValue)")
        }
    }
}
