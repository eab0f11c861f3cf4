import FleetModel
import Glibc
import HostSystem

/// A guest's NoCloud seed: the volume `cidata` that cloud-init reads at boot.
struct Seed {
    let definition: GuestDefinition

    init(_ definition: GuestDefinition) { self.definition = definition }

    /// The seed's files by name; nil where the guest has none.
    var files: [(name: String, content: String)]? {
        Self.files(
            definition.spec, of: definition.id, instance: definition.seedInstance, name: definition.name.text)
    }

    private static func files(
        _ spec: GuestSpec, of guest: ObjectID, instance: String?, name: String
    ) -> [(name: String, content: String)]? {
        guard let cloudInit = spec.cloudInit else { return nil }
        let hostname = cloudInit.hostname ?? name
        let config = CloudConfig(
            cloudInit: cloudInit, hostname: hostname, boundary: "==lodge-\(guest)==", isRepeated: instance != nil)
        let metaData =
            "instance-id: \(CloudConfig.quoted(instance ?? guest.text))\n"
            + "local-hostname: \(CloudConfig.quoted(hostname))\n"
        let network = spec.seedNetworkConfig.map { [("network-config", $0)] } ?? []
        return [("meta-data", metaData), ("user-data", config.userData)] + network
    }

    /// What the volume says of itself: what it was built from. A rename of the guest alone makes no other of it, nor
    /// does it matter whether cloud-init is to look at it again.
    var mark: String? {
        Self.mark(definition.spec, of: definition.id).map { mark in
            "\(mark):\(Digest(of: definition.spec.seedNetworkConfig ?? "").short)"
        }
    }

    /// The first part of the mark, which is about all but the NICs: where those of a running guest change, its seed is
    /// not exchanged, since cloud-init looks at them once an instance. The next start builds it again.
    static func mark(_ spec: GuestSpec, of guest: ObjectID) -> String? {
        var spec = spec
        spec.nics = []
        return files(spec, of: guest, instance: nil, name: "").map { files in
            let text = files.map { "\($0.name) \($0.content.utf8.count)\n\($0.content)" }.joined()
            return "\(markPrefix)\(Digest(of: text))"
        }
    }

    private static let markPrefix = "lodge-seed:"

    /// The mark of the volume at this path; nil: there is none.
    static func mark(at path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // The application identifier of the primary volume descriptor in sector 16 (ECMA-119, section 8.4).
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(file, &bytes, bytes.count, 16 * 2_048 + 574)
        guard count == bytes.count else { return nil }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        return text.hasPrefix(markPrefix) ? text : nil
    }

    /// Builds the volume unless it is there, of these very contents; removes one that is not to be.
    func ensure(at path: String) async throws(ExecutorError) {
        guard mark == nil || Self.mark(at: path) != mark else { return }
        try await build(at: path, user: try SystemUser.find())
    }

    /// Builds the volume, or removes it where the guest has no seed. Readable by root and QEMU alone.
    func build(at path: String, user: SystemUser) async throws(ExecutorError) {
        let operation = "build the seed of guest \(definition.name)"
        let folder = path + ".d" + DurableFile.temporarySuffix
        let temporary = path + DurableFile.temporarySuffix
        defer {
            try? Files.removeTree(folder)
            try? Files.remove(temporary)
        }
        do {
            guard let files else { return try Files.remove(path) }
            try Files.removeTree(folder)
            try Files.makeFolder(folder, mode: 0o700)
            for file in files {
                try DurableFile.write(Array(file.content.utf8), to: "\(folder)/\(file.name)", mode: 0o600)
            }
            try await Command.run(
                "genisoimage",
                ["-quiet", "-output", temporary, "-volid", "cidata", "-appid", mark ?? "", "-joliet", "-rock"]
                    + files.map { "\(folder)/\($0.name)" }, package: "genisoimage")
            try Files.setOwner(temporary, user: 0, group: user.group)
            try Files.setMode(temporary, 0o440)
            try Files.move(temporary, to: path)
        } catch {
            throw ExecutorError(operation, "\(error)")
        }
    }
}
