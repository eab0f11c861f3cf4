import FleetModel
import Foundation
import ManifestReader
import Testing

/// The manifest's reference: what it shows as an example is read, and it names every code.
@Suite struct DocumentedExampleTests {
    static let text: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/manifest.md")
        return (try? String(contentsOf: root, encoding: .utf8)) ?? ""
    }()

    @Test func theExampleIsRead() throws {
        let start = try #require(Self.text.range(of: "```yaml\n# example\n"))
        let end = try #require(Self.text.range(of: "\n```", range: start.upperBound..<Self.text.endIndex))
        let folder = try TemporaryFolder()
        try folder.write("kernel", to: "vmlinuz")
        let source = ManifestSource.text(
            Array(Self.text[start.upperBound..<end.lowerBound].utf8), file: "manifest.md", folder: folder.path)
        let reading = readManifests([source], values: ValueSources(variables: ["CPUS": "2"]), requireFleet: true)
        #expect(reading.diagnostics.map(\.summary) == [])
        let guests = try #require(reading.fleet).guests
        #expect(guests.map(\.name.text) == ["web-0", "web-1", "web-2"])
        #expect(guests.map { $0.nics[0].ipv4?.description } == ["10.77.1.0", "10.77.1.1", "10.77.1.2"])
        #expect(guests.allSatisfy { $0.cpus == 2 && $0.maxMemory == .gib(2) && $0.stopGrace == .seconds(30) })
    }

    @Test(arguments: GoldenTests.codes) func everyCodeIsNamed(code: String) {
        #expect(Self.text.contains("`\(code)`"), "docs/manifest.md does not name \(code)")
    }
}
