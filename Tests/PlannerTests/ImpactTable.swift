import Foundation
import Planner

/// The table of impacts as `docs/impact.md` has it, with the tests that run its rows on real guests.
enum ImpactTable {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let document = root.appending(path: "docs/impact.md")
    static let start = "<!-- the table: written by a test -->"
    static let end = "<!-- end of the table -->"

    /// Live rows that no test here can run, and why.
    static let notRun = ["guest.cpus.fewer": "needs a KVM that runs Linux"]

    static func markdown(tests: [String: Set<String>]) -> String {
        var lines: [String] = []
        var kind = ""
        for field in fieldEffects {
            if field.kind != kind {
                kind = field.kind
                lines += [
                    "", "### \(kind)", "", "| field | changed to | impact | row | run on a real guest by |",
                    "|---|---|---|---|---|",
                ]
            }
            for (index, effect) in field.effects.enumerated() {
                let path = index == 0 ? "`\(field.path)`" : ""
                let names = tests[effect.id]?.sorted().map { "`\($0)`" }.joined(separator: ", ")
                let test = names ?? notRun[effect.id].map { "not run: \($0)" } ?? ""
                lines.append("| \(path) | \(effect.change) | \(text(effect)) | `\(effect.id)` | \(test) |")
            }
        }
        return lines.dropFirst().joined(separator: "\n") + "\n"
    }

    private static func text(_ effect: FieldEffect) -> String {
        switch effect.outcome {
        case .nothing: return "–"
        case .refused: return "refused"
        case .impact(let impact):
            let remarks = [
                effect.needsGuest ? "the guest has to co-operate" : nil,
                effect.isDeferred ? "in effect at the next restart" : nil,
                impact >= .replace && !effect.interrupts ? "the guest runs on" : nil,
                impact == .destroy && effect.interrupts && effect.id.hasPrefix("guest.disks.")
                    ? "the guest restarts" : nil,
            ].compactMap { $0 }
            return remarks.isEmpty ? impact.rawValue : "\(impact.rawValue); \(remarks.joined(separator: "; "))"
        }
    }

    /// Tests name the rows that they run, as `Impact row: ID` in the comment above them.
    static func testsOfRows() throws -> [String: Set<String>] {
        var tests: [String: Set<String>] = [:]
        let folder = root.appending(path: "Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift", !file.lastPathComponent.hasPrefix("ImpactTable") else { continue }
            var rows: [String] = []
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                if let mark = line.range(of: "Impact row: ") {
                    rows += line[mark.upperBound...].split { $0 == "," || $0 == " " || $0 == "`" }.map(String.init)
                } else if let word = line.range(of: "func ") {
                    let name = line[word.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                    for row in rows { tests[row, default: []].insert(String(name)) }
                    rows = []
                }
            }
        }
        return tests
    }
}
