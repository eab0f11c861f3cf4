/// GitHub's Markdown, as GitLab and Gitea read it too. Text from elsewhere goes through here, and cannot become markup,
/// a mention or a link.
enum Markdown {
    /// Text within a paragraph or a table's cell.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.visible.unicodeScalars {
            switch character {
            // Mentions and references are looked for once entities are resolved: a zero-width space splits them.
            case "@", "#": escaped += "&#\(character.value);&#8203;"
            case "&", "<", ">", "|", "`", "*", "_", "~", "[", "]", "\\", "!", "$": escaped += "&#\(character.value);"
            default: escaped.unicodeScalars.append(character)
            }
        }
        // Bare addresses become links otherwise.
        return escaped.replacing("://", with: "&#58;//").replacing("www.", with: "www&#46;")
    }

    /// A text as an item of a list, on one line.
    static func item(_ text: String) -> String {
        let escaped = escaped(text)
        // What begins a list or underlines a heading would do so within the item.
        guard let first = escaped.unicodeScalars.first, "-+=0123456789".unicodeScalars.contains(first) else {
            return "- \(escaped)\n"
        }
        return "- &#\(first.value);\(escaped.dropFirst())\n"
    }

    /// A block of lines as they are, in a fence that is longer than any within them. What is left of a very long run
    /// of backticks is 100: GitHub's reader, cmark, counts those of a fence in a byte.
    static func fenced(_ text: String, language: String) -> String {
        var content = ""
        var longest = 0
        var run = 0
        for character in text.unicodeScalars {
            run = character == "`" ? run + 1 : 0
            guard run <= 100 else { continue }
            longest = max(longest, run)
            content.unicodeScalars.append(character)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\(language)\n\(content)\(content.hasSuffix("\n") ? "" : "\n")\(fence)\n"
    }

    /// As many texts as fit in one block, a blank line between two, and a remark about the others.
    ///
    /// - Parameters:
    ///   - limit: in bytes, for the texts that are shown.
    ///   - rest: what the number of left-out texts is told in.
    static func fenced(_ texts: some Collection<String>, limit: Int, rest: (Int) -> String) -> String {
        var shown: [String] = []
        var size = 0
        for text in texts {
            size += text.utf8.count + 1
            guard size <= limit else { break }
            shown.append(text)
        }
        let hidden = texts.count - shown.count
        let content = shown.joined(separator: "\n") + (hidden > 0 ? "\n\(rest(hidden))\n" : "")
        return fenced(content, language: "text")
    }

    /// Something to unfold. The title is markup already.
    static func folded(_ title: String, _ content: String) -> String {
        "<details><summary>\(title)</summary>\n\n\(content)\n</details>\n"
    }

    /// As many rows as fit, and a remark about the others.
    ///
    /// - Parameters:
    ///   - limit: in bytes, for all of it.
    ///   - rowsTogether: rows that are shown together or not at all.
    ///   - rest: what the number of left-out groups of rows is told in.
    static func table(
        _ table: TextTable, limit: Int, rowsTogether: Int = 1, rest: (Int) -> String
    ) -> String {
        var head = row(table.columns.map { escaped($0.title.lowercased()) })
        head += row(table.columns.map { $0.isNumeric ? "---:" : "---" })
        let count = (table.rows.count + rowsTogether - 1) / rowsTogether
        let groups = (0..<count).lazy.map { group in
            let start = group * rowsTogether
            return table.rows[start..<min(start + rowsTogether, table.rows.count)].map { cells in
                row(cells.map { escaped($0.text.shortened(to: 160)) })
            }.joined()
        }
        return head + fitting(groups, limit: limit - head.utf8.count, count: count, rest: rest)
    }

    /// As many of the blocks as fit, from the first on, and a remark about the others.
    static func fitting(
        _ blocks: some Sequence<String>, limit: Int, count: Int, rest: (Int) -> String
    ) -> String {
        // Room for the remark itself.
        let limit = limit - 200
        var text = ""
        var shown = 0
        for block in blocks {
            guard text.utf8.count + block.utf8.count <= limit else { break }
            text += block
            shown += 1
        }
        return shown == count ? text : text + "\n_\(rest(count - shown))_\n"
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
}
