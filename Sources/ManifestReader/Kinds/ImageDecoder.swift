import FleetModel

/// Reads documents of kind `Image`, and measures those of their files that are on this machine.
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
        guard let source = fields.requiredNode(.source) else { return }
        if RemoteFileReader(values: values).isRemote(source) {
            guard let image = remote(header, fields, at: source, declaredFormat, digest) else { return }
            return declare(image, header, into: &declarations)
        }
        guard let measured = files.file(source) else { return }
        if let digest, digest != measured.file.digest {
            values.report(
                .digestMismatch, at: fields.node(.sha256) ?? source,
                "the SHA-256 of \(quoted(path: measured.file.path)) is another one",
                detail: "declared: \(digest)\nmeasured: \(measured.file.digest)",
                help: "check that it is the file that you want; then write sha256: \(measured.file.digest)")
        }
        if Compression(header: measured.header) != nil {
            guard let name = header.name,
                let format = declaredFormat ?? format(of: measured.file.path, fields, at: source, "is compressed")
            else { return }
            return declare(
                DesiredImage(
                    name: name, labels: header.labels, source: .local(measured.file), digest: measured.file.digest,
                    format: format, origin: values.tree.range(header.root), origins: values.origins?.entries ?? []),
                header, into: &declarations)
        }
        let disk: DiskImageHeader
        do {
            disk = try DiskImageHeader(measured.header, size: measured.file.size)
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
        declare(
            DesiredImage(
                name: name, labels: header.labels, file: measured.file, format: disk.format,
                virtualSize: disk.virtualSize, origin: values.tree.range(header.root),
                origins: values.origins?.entries ?? []),
            header, into: &declarations)
    }

    private func declare(_ image: DesiredImage, _ header: DocumentHeader, into declarations: inout Declarations) {
        declarations.imageNames.setObject(declarations.images.count, of: image.name)
        declarations.images.append(image)
    }

    /// An image on the web: nothing of it is known but what the manifest says.
    private func remote(
        _ header: DocumentHeader, _ fields: MappingReader<ImageField>, at source: NodeIndex, _ format: DiskFormat?,
        _ digest: Digest?
    ) -> DesiredImage? {
        let file = RemoteFileReader(values: values).file(source)
        if fields.node(.sha256) == nil {
            values.report(
                .missingField, at: source, "an image on the web needs the field \"sha256\"",
                help: "write the SHA-256 of the file as it is served, such as from the SHA256SUMS beside it")
        }
        let found = format ?? file.flatMap { self.format(of: $0.name, fields, at: source, "is on the web") }
        guard let file, let digest, let found, let name = header.name else { return nil }
        return DesiredImage(
            name: name, labels: header.labels, source: .remote(file), digest: digest, format: found,
            origin: values.tree.range(header.root), origins: values.origins?.entries ?? [])
    }

    /// What a file's name says of its format.
    ///
    /// - Parameter why: why it is not measured, to follow “the image ”.
    /// - Returns: nil where the name does not say it and the manifest has to, which is reported, or where it says it
    ///   wrongly, which was.
    private func format(
        of fileName: String, _ fields: MappingReader<ImageField>, at source: NodeIndex, _ why: String
    ) -> DiskFormat? {
        guard fields.node(.format) == nil else { return nil }
        if let format = DiskFormat(fileName: fileName) { return format }
        values.report(
            .missingField, at: source,
            "the image \(why), and its name does not end in .qcow2 or .raw: it needs the field \"format\"",
            help: "add “format: qcow2” or “format: raw”; it is checked when the image is on its host")
        return nil
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
