import FleetModel

/// A text that reaches a guest as it is, and where it was taken from.
struct FreeText {
    let text: String
    /// Nil: it stands in the manifest, and may be shown.
    let source: SecretSource?
}

extension ValueReader {
    /// The fields that `valueFrom` goes with.
    static let sensitiveFields =
        "cloudInit.userData, hostname and networkConfig, a user's sshKeys and passwordHash, the content of "
        + "writeFiles, and boot.cmdline"

    func isValueFrom(_ node: NodeIndex) -> Bool { tree.kind(node) == .mapping && hasKey("valueFrom", in: node) }

    /// A text, or what stands in its place: `valueFrom: {file: …}` or `{env: …}`.
    ///
    /// - Parameters:
    ///   - needed: what the text is to be, for diagnostics.
    ///   - hasIndex: whether `{index}` is substituted in a text of the manifest.
    ///   - isLine: whether a line break at the end, which editors put there, is no part of a value from elsewhere.
    /// - Returns: nil where it is reported.
    func freeText(
        _ node: NodeIndex, _ needed: String, help: String, hasIndex: Bool = false, isLine: Bool = true,
        where isValid: (String) -> Bool
    ) -> FreeText? {
        guard isValueFrom(node) else {
            guard let written = string(node) else { return nil }
            let text = hasIndex ? indexed(written) : written
            guard isValid(text) else {
                return invalid(node, text.isEmpty ? "empty" : "no \(needed)", help: help, text: text)
            }
            return FreeText(text: text, source: nil)
        }
        guard let source = secretSource(node), var text = secret(source, at: node) else { return nil }
        if isLine, text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
        if isLine, text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
        guard isValid(text) else {
            let fault = text.isEmpty ? "empty" : "no \(needed)"
            report(.invalidValue, at: node, "the value from \(Self.phrase(source)) is \(fault)", help: help)
            return nil
        }
        return FreeText(text: text, source: source)
    }

    private func secretSource(_ node: NodeIndex) -> SecretSource? {
        guard let fields = MappingReader<SensitiveField>(node, self),
            let inner = fields.mapping(.valueFrom, ValueFromField.self)
        else { return nil }
        switch (inner.node(.file), inner.node(.env)) {
        case (let file?, nil):
            guard let path = ValueType<String>.string.read(self, file) else { return nil }
            guard path.utf8.count <= 4096, !path.utf8.contains(0) else {
                return invalid(file, "no path", help: "write a path relative to the manifest")
            }
            return .file(FilePath.resolve(path, in: tree.files[tree.file(of: file)].folder))
        case (nil, let variable?):
            guard let name = ValueType<String>.string.read(self, variable) else { return nil }
            guard !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0) else {
                return invalid(variable, "no name of an environment variable", help: "write it like DB_PASSWORD")
            }
            return .environment(name)
        case (let file?, .some):
            report(
                .conflictingFields, at: file, "a value comes from a file or from the environment, not from both",
                help: "keep one of the two")
            return nil
        case (nil, nil):
            report(
                .missingField, at: inner.node, "valueFrom needs the field \"file\" or \"env\"",
                help: "write “valueFrom: {file: ./path}” or “valueFrom: {env: NAME}”")
            return nil
        }
    }

    private func secret(_ source: SecretSource, at node: NodeIndex) -> String? {
        let what = "cannot read the value from \(Self.phrase(source))"
        switch secrets.value(of: source) {
        case .success(let text): return text
        case .failure(.file(let error)):
            report(
                .unreadableSecret, at: node, "\(what): \(error.text)",
                help: "name a file of at most \(ByteCount(bytes: Int64(YAMLLimits.scalarSize))) that you may read; "
                    + "relative paths start at the manifest's folder")
        case .failure(.noText):
            report(.unreadableSecret, at: node, "\(what): it is no UTF-8 text", help: "save it as UTF-8, without NUL")
        case .failure(.missingVariable(_, let suggestion)):
            report(
                .unreadableSecret, at: node, "\(what): it is not set",
                help: suggestion.map { "did you mean \($0)?" } ?? "set and export it where lodge is run")
        case .failure(.tooMuch):
            report(
                .unreadableSecret, at: node,
                "\(what): all such values together exceed \(ByteCount(bytes: Int64(YAMLLimits.secretSize)))",
                help: "keep large files out of the manifests, and let guests fetch them")
        }
        return nil
    }

    private static func phrase(_ source: SecretSource) -> String {
        switch source {
        case .file(let path): "the file \(quoted(path: path))"
        case .environment(let name): "the environment variable \(quoted(name))"
        }
    }
}
