/// A manifest's bytes and where they came from.
struct SourceFile: Sendable {
    /// The path as the user gave it, or `-`: what diagnostics call it.
    let name: String
    /// Where relative paths in it start; absolute.
    let folder: String
    let bytes: [UInt8]

    var startsWithByteOrderMark: Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

    /// Whether `${` is anywhere in the file, so that its scalars need to be searched for it.
    var mayHaveVariables: Bool {
        bytes.withUnsafeBufferPointer { bytes in
            guard bytes.count >= 2 else { return false }
            for index in 0..<(bytes.count - 1)
            where bytes[index] == UInt8(ascii: "$") && bytes[index + 1] == UInt8(ascii: "{") {
                return true
            }
            return false
        }
    }

    var lines: SourceLines { SourceLines(bytes: startsWithByteOrderMark ? bytes[3...] : bytes[...]) }
}

/// The files of a run.
struct LoadedFiles {
    var files: [SourceFile] = []
    /// False where something that was to be read could not be.
    var isComplete = true
}
