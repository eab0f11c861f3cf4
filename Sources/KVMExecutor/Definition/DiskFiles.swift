import FleetModel
import HostSystem

/// The files of a guest's disks, while nothing has them open.
struct DiskFiles {
    let layout: HostLayout
    let folder: GuestFolder

    init(_ definition: GuestDefinition, layout: HostLayout) {
        self.layout = layout
        folder = layout.guest(definition.owner.fleet, definition.name)
    }

    /// Of every disk's file: what a guest keeps on its disks is no other user's to read.
    private static let mode: UInt32 = 0o600

    /// Makes the disk's file where it is missing; one that is there is kept, and grown where it is too small.
    ///
    /// - Parameter anew: true: a file that is there is replaced.
    func ensure(_ disk: DiskSpec, anew: Bool) async throws(ExecutorError) {
        let path = folder.disk(disk.name)
        if anew || !Files.exists(path) {
            try await make(disk, at: path, user: try SystemUser.find())
        } else {
            try await grow(disk, at: path)
            do { try Files.setMode(path, Self.mode) } catch {
                throw ExecutorError("close disk \(disk.name) to other users", error)
            }
        }
    }

    /// That it is gone already is no error.
    func remove(_ disk: Name) throws(ExecutorError) {
        let path = folder.disk(disk)
        do { try Files.remove(path) } catch { throw ExecutorError("remove disk \(disk) at \(path)", error) }
    }

    /// The disks whose files are there, and that the spec does not name.
    func kept(besides spec: GuestSpec) -> [KeptDisk] {
        let suffix = ".qcow2"
        let used = Set(spec.disks.map(\.name))
        return ((try? Files.list(folder.path)) ?? []).compactMap { file in
            guard file.hasSuffix(suffix), let name = Name(parsing: String(file.dropLast(suffix.count))),
                !used.contains(name), let header = try? DiskHeader.read(folder.disk(name))
            else { return nil }
            return KeptDisk(
                name: name, size: header.virtualSize,
                backing: header.backingFile.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
        }
    }

    private func make(_ disk: DiskSpec, at path: String, user: SystemUser) async throws(ExecutorError) {
        let temporary = path + DurableFile.temporarySuffix
        var arguments = ["create", "-q", "-f", "qcow2"]
        if let base = disk.base {
            let format: CachedFile.Format = base.format == .qcow2 ? .qcow2 : .raw
            arguments += ["-F", base.format.rawValue, "-b", layout.cached(base.digest, format)]
        }
        do {
            try await Command.run(
                "qemu-img", arguments + [temporary, String(disk.size.bytes)], package: "qemu-utils")
        } catch {
            try? Files.remove(temporary)
            throw ExecutorError("make disk \(disk.name) at \(path)", error)
        }
        do {
            try Files.setMode(temporary, Self.mode)
            try Files.setOwner(temporary, user: user.user, group: user.group)
            try Files.move(temporary, to: path)
        } catch {
            try? Files.remove(temporary)
            throw ExecutorError("make disk \(disk.name) at \(path)", error)
        }
    }

    private func grow(_ disk: DiskSpec, at path: String) async throws(ExecutorError) {
        do {
            let present = try DiskHeader.read(path).virtualSize
            guard present < disk.size else { return }
            try await Command.run(
                "qemu-img", ["resize", "-q", "-f", "qcow2", path, String(disk.size.bytes)], package: "qemu-utils")
        } catch let error as ExecutorError {
            throw error
        } catch {
            throw ExecutorError("grow disk \(disk.name) at \(path)", "\(error)")
        }
    }
}
