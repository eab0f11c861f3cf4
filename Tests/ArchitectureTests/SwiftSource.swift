import Glibc

/// A file of Swift code in this repository.
struct SwiftSource {
    /// Below the repository's root.
    let path: String
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    var fileName: String { String(path.split(separator: "/").last!) }
    /// The target, for a file in `Sources`.
    var room: String { String(path.split(separator: "/")[1]) }

    /// The modules that it imports, of whatever access level, and with or without attributes.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ").drop {
                $0.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains($0)
            }
            guard words.first == "import" else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
            ]
            let module = words.dropFirst().drop { kinds.contains($0) }.first
            return module.map { String($0.split(separator: ".")[0]) }
        }
    }

    /// Lines that are neither blank nor a comment.
    var code: [Substring] {
        lines.filter { line in
            let text = line.drop { $0 == " " }
            return !text.isEmpty && !text.hasPrefix("//")
        }
    }

    static let root: String = {
        // This file is Tests/ArchitectureTests/SwiftSource.swift.
        let parts = #filePath.split(separator: "/")
        return "/" + parts.dropLast(3).joined(separator: "/")
    }()

    /// Every Swift file below a folder of the repository.
    static func all(in folder: String) -> [SwiftSource] {
        var found: [SwiftSource] = []
        for name in names(in: "\(root)/\(folder)") {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".swift") {
                found.append(SwiftSource(path: path, text: text("\(root)/\(path)")))
            } else if !name.contains(".") {
                found += all(in: path)
            }
        }
        return found
    }

    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[0..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
