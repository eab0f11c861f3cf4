/// A fenced block of a Markdown document.
struct CodeBlock: Sendable {
    /// What stands behind the opening fence: `sh`, `yaml`, `text`.
    let language: String
    let text: String
    /// The line of its opening fence, from 1.
    let line: Int

    /// All blocks of a document, in order.
    static func all(in document: String) -> [CodeBlock] {
        var blocks: [CodeBlock] = []
        var open: (language: String, line: Int, lines: [Substring])?
        for (index, line) in document.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let block = open, line == "```" {
                blocks.append(
                    CodeBlock(
                        language: block.language, text: block.lines.map { "\($0)\n" }.joined(), line: block.line))
                open = nil
            } else if open != nil {
                open?.lines.append(line)
            } else if line.hasPrefix("```") {
                open = (String(line.dropFirst(3)), index + 1, [])
            }
        }
        return blocks
    }

    /// The file that the block is, by its first line: `# file: NAME`. Nil where it is none.
    var fileName: String? {
        let mark = "# file: "
        guard let first = text.split(separator: "\n").first, first.hasPrefix(mark) else { return nil }
        return String(first.dropFirst(mark.count))
    }
}
