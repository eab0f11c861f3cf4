/// Rows of cells in aligned columns, two spaces apart, under a line of titles.
struct TextTable {
    struct Column {
        let title: String
        var isNumeric = false
    }

    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        var tone = TextStyle.Tone.plain

        init(_ text: String, _ tone: TextStyle.Tone = .plain) {
            self.text = text
            self.tone = tone
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    /// - Parameter cells: One for each column.
    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    func write(to text: inout String, indent: Int = 2, style: TextStyle) {
        var widths = columns.map(\.title.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        }
        let margin = String(repeating: " ", count: indent)
        for row in [columns.map { Cell($0.title, .faint) }] + rows {
            text += margin
            for (index, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - cell.text.count)
                let isLast = index == row.count - 1
                if columns[index].isNumeric { text += padding }
                text += style.paint(cell.text, cell.tone)
                if !columns[index].isNumeric, !isLast { text += padding }
                if !isLast { text += "  " }
            }
            while text.last == " " { text.removeLast() }
            text += "\n"
        }
    }
}

extension String {
    /// With spaces behind it up to the width.
    func padded(to width: Int) -> String {
        let missing = width - count
        return missing > 0 ? self + String(repeating: " ", count: missing) : self
    }
}

/// `1 guest`, `2 guests`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
