import FleetModel
import HostSystem

/// The files of a guest's disks, while nothing has them open.
///
/// What a guest's QEMU has written is never trusted: `qemu-img` opens it as QEMU's user, who may open nothing else of
/// this host's, and in the format that the disk has, which is never guessed from its content.
struct DiskFiles {
    let layout: HostLayout
    let folder: GuestFolder
    /// What is not to be used up by a copy of an image.
    let space: StorageReserve

    init(_ definition: GuestDefinition, layout: HostLayout, reserved: ByteCount = .zero) {
        self.layout = layout
        folder = layout.guest(definition.owner.fleet, definition.name)
        space = StorageReserve(folder: layout.stateFolder, reserved: reserved)
    }

    /// Of every disk's file: what a guest keeps on its disks is no other user's to read.
    private static let mode: UInt32 = 0o600

    /// Makes the disk's file where it is missing; one that is there is kept, and grown where it is too small.
    ///
    /// - Parameter anew: true: a file that is there is replaced.
    func ensure(_ disk: DiskSpec, anew: Bool) async throws(ExecutorError) {
        let path = folder.disk(disk)
        let user = try SystemUser.find()
        if anew || !Files.exists(path) {
            try await make(disk, at: path, user: user)
            // What it was in another format.
            for other in DiskFormat.allCases where other != disk.format { try remove(disk.name, other) }
        } else {
            try await grow(disk, at: path, user: user)
            do { try Files.setMode(path, Self.mode) } catch {
                throw ExecutorError("close disk \(disk.name) to other users", error)
            }
        }
    }

    /// That it is gone already is no error.
    func remove(_ disk: Name) throws(ExecutorError) {
        for format in DiskFormat.allCases { try remove(disk, format) }
    }

    private func remove(_ disk: Name, _ format: DiskFormat) throws(ExecutorError) {
        let path = folder.disk(disk, format)
        do { try Files.remove(path) } catch { throw ExecutorError("remove disk \(disk) at \(path)", error) }
    }

    /// The disks whose files are there, and that the spec does not name.
    func kept(besides spec: GuestSpec) -> [KeptDisk] {
        let used = Set(spec.disks.map(\.name))
        return Self.files(in: folder).filter { !used.contains($0.name) }
    }

    /// The disks whose files lie in the folder.
    static func files(in folder: GuestFolder) -> [KeptDisk] {
        ((try? Files.list(folder.path)) ?? []).compactMap { file in
            guard let (name, format) = disk(of: file) else { return nil }
            let path = folder.disk(name, format)
            switch format {
            case .raw:
                return Files.size(path).map { KeptDisk(name: name, format: format, size: ByteCount(bytes: $0)) }
            case .qcow2:
                guard let header = try? DiskHeader.read(path) else { return nil }
                return KeptDisk(
                    name: name, size: header.virtualSize,
                    backing: header.backingFile.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
            }
        }
    }

    /// The disk that a file of this name is; nil: it is none.
    static func disk(of file: String) -> (name: Name, format: DiskFormat)? {
        for format in DiskFormat.allCases where file.hasSuffix("." + format.rawValue) {
            if let name = Name(parsing: String(file.dropLast(format.rawValue.count + 1))) { return (name, format) }
        }
        return nil
    }

    private func make(_ disk: DiskSpec, at path: String, user: SystemUser) async throws(ExecutorError) {
        try space.check("make disk \(disk.name) at \(path)", .zero)
        let temporary = path + DurableFile.temporarySuffix
        let operation = "make disk \(disk.name) at \(path)"
        do {
            // QEMU's user may not make files in the folder, and so is given one to write to.
            try DurableFile.make(temporary, mode: Self.mode, owner: (user.user, user.group))
            try await fill(disk, at: temporary, user: user)
            try Files.move(temporary, to: path)
        } catch {
            try? Files.remove(temporary)
            throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
        }
    }

    private func fill(_ disk: DiskSpec, at path: String, user: SystemUser) async throws {
        let size = String(disk.size.bytes)
        guard let base = disk.base else {
            return try await qemuImage(["create", "-q", "-f", disk.format.rawValue, path, size], user)
        }
        let format: CachedFile.Format = base.format == .qcow2 ? .qcow2 : .raw
        let image = layout.cached(base.digest, format)
        switch disk.format {
        case .qcow2:
            let backing = ["-F", base.format.rawValue, "-b", image]
            try await qemuImage(["create", "-q", "-f", "qcow2"] + backing + [path, size], user)
        case .raw:
            try space.check("copy the image of disk \(disk.name)", ByteCount(bytes: Files.occupied(image) ?? 0))
            let formats = ["-f", base.format.rawValue, "-O", "raw"]
            try await qemuImage(["convert", "-q"] + formats + [image, path], user, limit: nil)
            try await qemuImage(["resize", "-q", "-f", "raw", path, size], user)
        }
    }

    private func grow(_ disk: DiskSpec, at path: String, user: SystemUser) async throws(ExecutorError) {
        let operation = "grow disk \(disk.name) at \(path)"
        do {
            guard try size(of: disk, at: path) < disk.size else { return }
            try await qemuImage(["resize", "-q", "-f", disk.format.rawValue, path, String(disk.size.bytes)], user)
        } catch {
            throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
        }
    }

    /// - Throws: where its header names a file that it was not made on.
    private func size(of disk: DiskSpec, at path: String) throws(ExecutorError) -> ByteCount {
        if disk.format == .raw { return ByteCount(bytes: Files.size(path) ?? 0) }
        let header = try DiskHeader.read(path)
        let backing = disk.base.map { layout.cacheFolder + "/" + $0.fileName }
        guard header.backingFile == backing else {
            throw ExecutorError(
                "grow disk \(disk.name) at \(path)",
                "its header says that it is an overlay on \(header.backingFile ?? "nothing"), and it was made on "
                    + (backing ?? "nothing"),
                advice: "the guest's QEMU was made to write to its own file: look into it, then give the guest a fresh "
                    + "disk with lodge reset, or restore this one")
        }
        return header.virtualSize
    }

    private func qemuImage(
        _ arguments: [String], _ user: SystemUser, limit: Duration? = Command.usualLimit
    ) async throws(CommandError) {
        try await Command.run(
            "qemu-img", arguments, package: "qemu-utils", user: (user.user, user.group), limit: limit)
    }
}
