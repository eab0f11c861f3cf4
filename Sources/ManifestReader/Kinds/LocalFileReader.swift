import FleetModel

/// Reads the files that manifests name.
struct LocalFileReader {
    let values: ValueReader
    private let files = LocalFiles()

    /// Linux's PATH_MAX (include/uapi/linux/limits.h).
    private static let pathLength = 4096

    init(_ values: ValueReader) { self.values = values }

    /// The file that a node names: a path, relative to the manifest where it is not absolute, or a `file:` URL.
    ///
    /// - Returns: nil where it cannot be read, which is reported.
    func file(_ node: NodeIndex) -> LocalFiles.Measured? {
        guard let text = values.string(node) else { return nil }
        guard (1...Self.pathLength).contains(text.utf8.count), !text.utf8.contains(0) else {
            return values.invalid(node, "no path", help: "write a path relative to the manifest")
        }
        var path = text
        if let scheme = Self.scheme(of: text) {
            guard scheme == "file" else { return refuse(scheme, at: node) }
            guard let local = FilePath.path(ofFileURL: text) else {
                return values.invalid(
                    node, "no URL of a file on this machine", help: "write file:///absolute/path")
            }
            path = local
        }
        let folder = values.tree.files[values.tree.file(of: node)].folder
        switch files.measure(path, in: folder) {
        case .success(let measured): return measured
        case .failure(let error):
            values.report(
                .unreadableFile, at: node, "cannot read \(quoted(path: error.path)): \(error.text)",
                help: path.hasPrefix("/")
                    ? "check the path" : "relative paths start at the manifest's folder, \(folder)")
            return nil
        }
    }

    private func refuse(_ scheme: String, at node: NodeIndex) -> LocalFiles.Measured? {
        if scheme == "http" || scheme == "https" {
            return values.invalid(
                node, "no file of this machine", help: "only images are fetched: download the file, and write its path")
        }
        return values.invalid(
            node, "no source that is known",
            help: "write a path, or file:///absolute/path; an image may be at http:// or https://")
    }

    /// What stands before `://`, or `file` before a colon, in lower case.
    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        guard scheme.utf8.allSatisfy({ isAlphanumeric($0) }), !scheme.isEmpty else { return nil }
        return scheme == "file" || text[colon...].hasPrefix("://") ? scheme : nil
    }
}
