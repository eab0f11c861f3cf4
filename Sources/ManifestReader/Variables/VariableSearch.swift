/// Finds where variables stand in a file, one after the other.
struct VariableSearch {
    private let lines: SourceLines
    private var line: Int
    /// In Unicode scalars.
    private var column: Int
    /// The text of `line`.
    private var scalars: [Unicode.Scalar]

    /// - Parameter start: where the value starts that has the variables; counted from 0.
    init(_ lines: SourceLines, from start: (line: Int, column: Int)) {
        self.lines = lines
        (line, column) = start
        scalars = Array(lines.text(start.line).unicodeScalars)
    }

    /// The place of the next occurrence of a text that no `$` stands before; nil where there is none, as with
    /// escapes, and from then on.
    ///
    /// - Parameter end: the line behind the last one to look at.
    mutating func next(_ text: String, before end: Int) -> (line: Int, column: Int)? {
        let wanted = Array(text.unicodeScalars)
        while line < end {
            while column + wanted.count <= scalars.count {
                defer { column += 1 }
                if scalars[column] == "$", scalars[column..<(column + wanted.count)].elementsEqual(wanted),
                    column == 0 || scalars[column - 1] != "$"
                {
                    return (line, column)
                }
            }
            line += 1
            column = 0
            scalars = Array(lines.text(line).unicodeScalars)
        }
        return nil
    }
}
