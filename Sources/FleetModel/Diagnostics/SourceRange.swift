/// A place in a manifest. Lines and columns count from 1; columns count Unicode scalars.
public struct SourceRange: Codable, Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The path as the user gave it, or `-` for standard input.
    public var file: String
    public var line: Int
    public var column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    public static func < (a: SourceRange, b: SourceRange) -> Bool {
        (a.file, a.line, a.column) < (b.file, b.line, b.column)
    }

    public var description: String { "\(file):\(line):\(column)" }
}
