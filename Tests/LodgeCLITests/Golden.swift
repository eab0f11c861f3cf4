import FoundationEssentials
import Testing

/// Compares a text with the file of that name in `Goldens`, or writes the file where LODGE_UPDATE_GOLDENS is 1.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(folder)/Goldens/\(name)"
    if ProcessInfo.processInfo.environment["LODGE_UPDATE_GOLDENS"] == "1" {
        #expect(throws: Never.self, sourceLocation: sourceLocation) {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        }
        return
    }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
        Issue.record("\(path) is missing: run with LODGE_UPDATE_GOLDENS=1", sourceLocation: sourceLocation)
        return
    }
    let expected = String(decoding: data, as: UTF8.self)
    guard text != expected else { return }
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let got = text.split(separator: "\n", omittingEmptySubsequences: false)
    var report = "\(name) differs:\n"
    for index in 0..<max(wanted.count, got.count) {
        let (a, b) = (wanted.dropFirst(index).first, got.dropFirst(index).first)
        if a != b { report += "line \(index + 1)\n- \(a ?? "(none)")\n+ \(b ?? "(none)")\n" }
    }
    Issue.record("\(report)", sourceLocation: sourceLocation)
}
