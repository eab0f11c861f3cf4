/// A manifest's bytes and where they came from.
struct SourceFile: Sendable {
    /// The path as the user gave it, or `-`: what diagnostics call it.
    let name: String
    /// Where relative paths in it start; absolute.
    let folder: String
    let bytes: [UInt8]

    var startsWithByteOrderMark: Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

    /// Whether `${` is anywhere in the file, so that its scalars need to be searched for it. In double quotes either
    /// of the two characters can be written with a backslash.
    var mayHaveVariables: Bool {
        bytes.withUnsafeBufferPointer { $0.contains(UInt8(ascii: "\\")) || VariableText.mayHaveVariables($0) }
    }

    var lines: SourceLines { SourceLines(bytes: startsWithByteOrderMark ? bytes[3...] : bytes[...]) }
}

/// The files of a run.
struct LoadedFiles {
    var files: [SourceFile] = []
    /// False where something that was to be read could not be.
    var isComplete = true
}
