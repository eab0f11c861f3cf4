import FleetModel

/// Turns sources into files with their bytes.
struct SourceLoader {
    private var loaded = LoadedFiles()
    private var paths: Set<String> = []
    private var standardInputWasRead = false
    private var total = 0
    private let workingDirectory = FileAccess.workingDirectory()
    private let problems: Problems
    /// What to do about a path that cannot be read.
    private let help: String

    /// Folders below one another; more is a loop of mounts.
    private static let folderDepth = 64

    static func load(_ sources: [ManifestSource], problems: Problems) -> LoadedFiles {
        var loader = SourceLoader(problems: problems)
        for source in sources { loader.load(source) }
        return loader.loaded
    }

    /// Files of variables, in this order; there are no folders among them.
    static func load(variableFiles paths: [String], problems: Problems) -> LoadedFiles {
        var loader = SourceLoader(problems: problems, help: "check the path that --var-file gives")
        for path in paths { loader.load(file: path) }
        return loader.loaded
    }

    private init(problems: Problems, help: String = "check the path that -f gives") {
        self.problems = problems
        self.help = help
    }

    private mutating func load(_ source: ManifestSource) {
        switch source {
        case .path(let path): load(path: path)
        case .text(let bytes, let file, let folder): add(bytes, name: file, folder: folder)
        case .standardInput:
            guard !standardInputWasRead else { return }
            standardInputWasRead = true
            attempt("standard input") { loader throws(FileAccessError) in
                let bytes = try FileAccess.contents(ofDescriptor: 0, path: "-", limit: YAMLLimits.fileSize)
                loader.add(bytes, name: "-", folder: loader.workingDirectory)
            }
        }
    }

    private mutating func load(path: String) {
        attempt(quoted(path: path)) { loader throws(FileAccessError) in
            guard try FileAccess.kind(of: path) == .folder else { return loader.load(file: path) }
            let files = try loader.manifests(below: path, depth: 0)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            if files.isEmpty {
                loader.loaded.isComplete = false
                loader.problems.add(
                    .noManifests, nil, "there are no manifests in the folder \(quoted(path: path))",
                    help: "manifests are files whose names end in .yaml or .yml")
            }
            for file in files { loader.load(file: file) }
        }
    }

    /// The paths of all manifests in a folder and its subfolders; links to folders are not followed.
    private func manifests(below folder: String, depth: Int) throws(FileAccessError) -> [String] {
        var found: [String] = []
        for name in try FileAccess.entries(of: folder) {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            let isManifest = name.hasSuffix(".yaml") || name.hasSuffix(".yml")
            guard let kind = try? FileAccess.kind(of: path) else {
                // A link that leads nowhere matters where it would be a manifest.
                if isManifest { found.append(path) }
                continue
            }
            if kind == .file, isManifest { found.append(path) }
            if kind == .folder, depth < Self.folderDepth, !FileAccess.isLink(path) {
                found += try manifests(below: path, depth: depth + 1)
            }
        }
        return found
    }

    private mutating func load(file path: String) {
        let absolute = FilePath.resolve(path, in: workingDirectory)
        guard paths.insert(absolute).inserted else { return }
        attempt(quoted(path: path)) { loader throws(FileAccessError) in
            let bytes = try FileAccess.contents(of: path, limit: YAMLLimits.fileSize)
            loader.add(bytes, name: path, folder: FilePath.folder(of: absolute))
        }
    }

    private mutating func add(_ bytes: [UInt8], name: String, folder: String) {
        total += bytes.count
        guard bytes.count <= YAMLLimits.fileSize, total <= YAMLLimits.totalSize else {
            let (what, limit) =
                bytes.count > YAMLLimits.fileSize
                ? (quoted(path: name), YAMLLimits.fileSize) : ("all manifests together", YAMLLimits.totalSize)
            return reportTooLarge(what, limit)
        }
        loaded.files.append(SourceFile(name: name, folder: folder, bytes: bytes))
    }

    private mutating func attempt(
        _ what: String, _ body: (inout SourceLoader) throws(FileAccessError) -> Void
    ) {
        do {
            try body(&self)
        } catch {
            if case .tooLarge = error.reason { return reportTooLarge(what, YAMLLimits.fileSize) }
            loaded.isComplete = false
            let place =
                error.path == "-" || quoted(path: error.path) == what ? what : "\(quoted(path: error.path)) in \(what)"
            problems.add(
                .unreadablePath, nil, "cannot read \(place): \(error.text)", help: help)
        }
    }

    private mutating func reportTooLarge(_ what: String, _ limit: Int) {
        loaded.isComplete = false
        problems.add(
            .manifestTooLarge, nil, "\(what) exceeds \(ByteCount(bytes: Int64(limit))), more than is read",
            help: "split it into several files")
    }
}
