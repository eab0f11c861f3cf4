import FleetModel

/// Reads a guest's `boot`.
struct GuestBootDecoder {
    /// Told apart from nil, which is a reported one.
    struct Boot {
        let value: DesiredBoot?
        /// Where a sensitive command line is from.
        var cmdlineSource: SecretSource?
    }

    private let values: ValueReader
    private let files: LocalFileReader

    init(_ values: ValueReader, _ files: LocalFileReader) {
        self.values = values
        self.files = files
    }

    /// Linux's COMMAND_LINE_SIZE on x86 (arch/x86/include/asm/setup.h), with the NUL that ends it.
    private static let cmdlineLength = 2047

    /// - Parameter isWhole: false for defaults and profiles, where the kernel may be left to who gets them.
    func read(_ guest: MappingReader<GuestField>, isWhole: Bool) -> Boot? {
        guard guest.node(.boot) != nil else { return Boot(value: nil) }
        guard let fields = guest.mapping(.boot, GuestBootField.self) else { return nil }
        values.addOrigins(of: fields, under: "boot")
        if let image = fields.node(.image) {
            for field in [GuestBootField.kernel, .initrd, .cmdline] {
                guard let node = fields.node(field) else { continue }
                values.report(
                    .conflictingFields, at: node,
                    "\"\(field)\" does not go with \"image\", which takes the place of BIOS and kernel",
                    help: "keep one of the two")
            }
            return files.file(image).map { Boot(value: .image($0.file)) }
        }
        let kernelNode = isWhole ? fields.requiredNode(.kernel) : fields.node(.kernel)
        let kernel = kernelNode.flatMap { files.file($0) }
        let initrdNode = fields.node(.initrd)
        let initrd = initrdNode.flatMap { files.file($0) }
        let cmdline = cmdline(fields)
        guard let kernel, let cmdline, (initrd == nil) == (initrdNode == nil) else { return nil }
        return Boot(
            value: .kernel(kernel.file, initrd: initrd?.file, cmdline: cmdline.text),
            cmdlineSource: cmdline.source)
    }

    /// Nil where it is reported.
    private func cmdline(_ fields: MappingReader<GuestBootField>) -> FreeText? {
        guard let node = fields.node(.cmdline) else { return FreeText(text: "", source: nil) }
        let text = values.freeText(
            node, "kernel command line", help: "write one line of at most \(Self.cmdlineLength) bytes"
        ) { text in
            text.utf8.count <= Self.cmdlineLength && !text.unicodeScalars.contains(where: isControl)
        }
        if let text { values.checkForIndex(text.text, at: node, in: "a kernel's command line") }
        return text
    }
}
