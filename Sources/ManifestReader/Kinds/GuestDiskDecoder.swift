import FleetModel

/// Reads a guest's `disks`.
struct GuestDiskDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// The unit that QEMU counts a disk in.
    private static let sector: Int64 = 512
    /// Of q35's AHCI controller (hw/i386/pc_q35.c of QEMU).
    private static let sataPorts = 6
    private static let size = ValueType.byteCount(
        "a disk", in: ByteCount(bytes: sector)...DiskImageHeader.maximumSize)

    /// Nil where a disk is reported, after all have been read.
    ///
    /// - Parameter hardware: what the disks are attached to; nil: not known.
    func read(
        _ guest: MappingReader<GuestField>, _ hardware: GuestHardwareDecoder.Hardware?, _ declarations: Declarations
    ) -> [DesiredDisk]? {
        guard let list = guest.node(.disks) else { return [] }
        guard let elements = values.elements(list) else { return nil }
        var disks: [DesiredDisk] = []
        var names: Set<Name> = []
        var isWhole = true
        for node in elements {
            guard let disk = disk(node, &names, hardware, declarations) else {
                isWhole = false
                continue
            }
            disks.append(disk)
        }
        if disks.count(where: { $0.bus == .sata }) > Self.sataPorts {
            values.report(
                .outOfRange, at: list, "a guest has \(Self.sataPorts) SATA ports, and more disks are on them",
                help: "put the others on virtio or scsi")
        }
        return isWhole ? disks : nil
    }

    /// - Parameter names: those of the disks before it, broken ones among them.
    private func disk(
        _ node: NodeIndex, _ names: inout Set<Name>, _ hardware: GuestHardwareDecoder.Hardware?,
        _ declarations: Declarations
    ) -> DesiredDisk? {
        guard let fields = MappingReader<GuestDiskField>(node, values) else { return nil }
        let name = fields.required(.name, as: .name)
        if let name, !names.insert(name).inserted { values.reportDuplicateName(name, of: "disk", at: node) }
        let imageNode = fields.node(.image)
        let sizeNode = imageNode == nil ? fields.requiredNode(.size) : fields.node(.size)
        let size = sizeNode.flatMap { self.size($0) }
        let traits = GuestDiskTraits(values, fields, hardware)
        if let name {
            values.addOrigin("disks.\(name)", at: node)
            values.addOrigins(of: fields, under: "disks.\(name)", leavingOut: .name)
        }
        guard let imageNode else {
            guard let name, let size, let traits else { return nil }
            return traits.applied(to: DesiredDisk(name: name, size: size))
        }
        guard let imageName = ValueType.name.read(values, imageNode) else { return nil }
        let image = self.image(imageName, at: imageNode, declarations)
        guard let name, let traits, (size == nil) == (sizeNode == nil) else { return nil }
        if let image, image.virtualSize == nil, size == nil {
            values.report(
                .missingField, at: imageNode,
                "a disk from the image \"\(imageName)\" needs the field \"size\": how large that is, is known when it is on "
                    + "its host",
                help: "add “size: 10GiB”, or as much as the image needs")
            return nil
        }
        let needed = image?.virtualSize.map { Self.roundedUp($0) } ?? .zero
        if let size, let sizeNode, size < needed {
            values.report(
                .diskTooSmall, at: sizeNode, "the disk has \(size), and its image \"\(imageName)\" needs \(needed)",
                help: "write at least \(needed), or leave the size out")
        }
        return traits.applied(to: DesiredDisk(name: name, image: imageName, size: size ?? needed))
    }

    private func image(_ name: Name, at node: NodeIndex, _ declarations: Declarations) -> DesiredImage? {
        guard let entry = declarations.imageNames[name] else {
            guard declarations.isComplete else { return nil }
            values.report(
                .danglingReference, at: node, "there is no image \"\(name)\"",
                help: declarations.imageNames.suggestion(for: name).map { "did you mean \"\($0)\"?" }
                    ?? "declare an Image of this name")
            return nil
        }
        return entry.object.map { declarations.images[$0] }
    }

    private func size(_ node: NodeIndex) -> ByteCount? {
        guard let size = Self.size.read(values, node) else { return nil }
        guard size.bytes % Self.sector == 0 else {
            values.report(
                .outOfRange, at: node, "\(values.tree.string(node)) is no whole number of sectors of 512 bytes",
                help: "write \(Self.roundedUp(size))")
            return nil
        }
        return size
    }

    private static func roundedUp(_ size: ByteCount) -> ByteCount {
        ByteCount(bytes: (size.bytes + sector - 1) / sector * sector)
    }
}

extension ValueReader {
    func reportDuplicateName(_ name: Name, of what: String, at node: NodeIndex) {
        report(
            .duplicateName, at: node, "there is a \(what) \"\(name)\" already", help: "give one of the two another name"
        )
    }
}
