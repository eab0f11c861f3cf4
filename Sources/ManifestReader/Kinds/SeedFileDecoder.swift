import FleetModel

/// Reads the files that a seed lets cloud-init write.
struct SeedFileDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// Those that can be read; all others are reported.
    func read(
        _ cloudInit: MappingReader<CloudInitField>, _ secrets: inout [String: SecretSource]
    ) -> [CloudInit.File] {
        var files: [CloudInit.File] = []
        let nodes = cloudInit.elements(.writeFiles, limit: YAMLLimits.seedElements)
        for node in nodes ?? YAMLElements.none(values.tree) {
            guard let (file, source) = file(node) else { continue }
            if files.contains(where: { $0.path == file.path }) {
                values.report(
                    .duplicateName, at: node, "there is a file \(quoted(file.path)) already",
                    help: "put what the two have into one")
            }
            secrets["cloudInit.writeFiles.\(files.count).content"] = source
            files.append(file)
        }
        return files
    }

    private func file(_ node: NodeIndex) -> (CloudInit.File, SecretSource?)? {
        guard let fields = MappingReader<CloudInitFileField>(node, values) else { return nil }
        let path = fields.required(.path, as: Self.path)
        let permissions = fields.optional(.permissions, as: Self.permissions)
        let owner = fields.optional(.owner, as: Self.owner)
        guard let contentNode = fields.requiredNode(.content),
            let content = values.freeText(
                contentNode, "content", help: "write a text", isLine: false, where: { _ in true })
        else { return nil }
        values.checkForIndex(content.text, at: contentNode, in: "writeFiles")
        guard let path else { return nil }
        return (
            CloudInit.File(path: path, content: content.text, permissions: permissions, owner: owner), content.source
        )
    }

    private static let path = ValueType.string("path of a file", help: "write an absolute path, such as /etc/motd") {
        text in
        text.hasPrefix("/") && !text.hasSuffix("/") && text.utf8.count <= 4095
            && !text.unicodeScalars.contains(where: isControl)
    }

    /// With or without quotes: a leading zero makes no other number of it.
    private static let permissions = ValueType<String> { values, node in
        guard let text = values.text(node, needed: "permissions such as \"0644\"") else { return nil }
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) else {
            return values.invalid(node, "no permissions", help: "write three or four octal digits, such as \"0644\"")
        }
        return text
    }

    private static let owner = ValueType.string("owner", help: "write user:group, such as www-data:www-data") { text in
        let names = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return names.count <= 2 && names.allSatisfy(SeedUserDecoder.isUserName)
    }
}
