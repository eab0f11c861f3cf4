import FleetModel

/// Reads documents of kind `Image`, and measures their files.
struct ImageDecoder {
    private let values: ValueReader
    private let files: LocalFileReader

    init(_ values: ValueReader, _ files: LocalFileReader) {
        self.values = values
        self.files = files
    }

    func read(_ header: DocumentHeader, into declarations: inout Declarations) {
        guard let spec = header.spec else {
            values.report(
                .missingField, at: header.root, "an image needs the field \"spec\"",
                help: "add “spec: {source: ./image.qcow2}”")
            return
        }
        guard let fields = MappingReader<ImageField>(spec, values) else { return }
        values.origins = OriginList()
        defer { values.origins = nil }
        values.addOrigins(of: header)
        values.addOrigins(of: fields, parts: [])
        let declaredFormat = fields.optional(.format, as: ValueType<DiskFormat>.choice())
        let digest = fields.optional(.sha256, as: .digest)
        guard let source = fields.requiredNode(.source), let measured = files.file(source) else { return }
        if let digest, digest != measured.file.digest {
            values.report(
                .digestMismatch, at: fields.node(.sha256) ?? source,
                "the SHA-256 of \(quoted(path: measured.file.path)) is another one",
                detail: "declared: \(digest)\nmeasured: \(measured.file.digest)",
                help: "check that it is the file that you want; then write sha256: \(measured.file.digest)")
        }
        let disk: DiskImageHeader
        do {
            disk = try DiskImageHeader(measured)
        } catch {
            values.report(
                .unusableImage, at: source, "the image \(quoted(path: measured.file.path)) \(error.text)",
                help: error.help)
            return
        }
        if let declaredFormat, declaredFormat != disk.format {
            values.report(
                .formatMismatch, at: fields.node(.format) ?? source,
                "\(quoted(path: measured.file.path)) is in \(disk.format.rawValue) format, not \(declaredFormat.rawValue)",
                help: "write “format: \(disk.format.rawValue)”, or leave it out")
        }
        guard let name = header.name else { return }
        declarations.imageNames.setObject(declarations.images.count, of: name)
        declarations.images.append(
            DesiredImage(
                name: name, labels: header.labels, file: measured.file, format: disk.format,
                virtualSize: disk.virtualSize, origin: values.tree.range(header.root),
                origins: values.origins?.entries ?? []))
    }
}

extension ValueType where Value == Digest {
    /// 64 hexadecimal digits, in either case.
    static var digest: Self {
        Self { values, node in
            guard let text = values.text(node, needed: "a SHA-256 digest") else { return nil }
            if text.utf8.count == 64, let digest = Digest(parsing: text.lowercased()) { return digest }
            return values.invalid(
                node, "no SHA-256 digest", help: "write the 64 hexadecimal digits that sha256sum prints, in quotes")
        }
    }
}
