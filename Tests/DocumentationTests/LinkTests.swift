import HostSystem
import Testing

/// What documents point to is there.
struct LinkTests {
    static let documents: [String] = {
        let docs = (try? Files.list("\(Project.root)/docs")) ?? []
        return ["README.md"] + docs.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
            + Project.fleets(in: "examples").map { "\($0)/README.md" }
    }()

    @Test(arguments: documents)
    func everyRelativeLinkLeadsToAFile(document: String) throws {
        let text = try #require(Files.text("\(Project.root)/\(document)"))
        let folder = document.split(separator: "/").dropLast().joined(separator: "/")
        for link in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            #expect(Files.exists("\(Project.root)/\(folder)/\(link.1)"), "\(document) links to \(link.1)")
        }
    }
}
