import FleetModel
import Glibc
import HostSystem

/// A guest's NoCloud seed: the volume `cidata` that cloud-init reads at boot.
struct Seed {
    let definition: GuestDefinition

    init(_ definition: GuestDefinition) { self.definition = definition }

    /// The seed's files by name; nil where the guest has none.
    var files: [(name: String, content: String)]? {
        guard let cloudInit = definition.spec.cloudInit else { return nil }
        let hostname = cloudInit.hostname ?? definition.name.text
        let metaData = "instance-id: \(Seed.quoted(definition.id.text))\nlocal-hostname: \(Seed.quoted(hostname))\n"
        return [("meta-data", metaData), ("user-data", userData(cloudInit, hostname: hostname))]
    }

    /// The user data as given, Lodge's own `#cloud-config` where there are users, or both as a MIME archive, which
    /// cloud-init takes apart (its documentation, "MIME multi-part archive").
    private func userData(_ cloudInit: CloudInit, hostname: String) -> String {
        let config = cloudConfig(cloudInit, hostname: hostname)
        guard let given = cloudInit.userData else { return config }
        guard !cloudInit.users.isEmpty else { return given }
        let boundary = "==lodge-\(definition.id)=="
        var text = "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\nMIME-Version: 1.0\n"
        for part in [config, given] {
            text += "\n--\(boundary)\nContent-Type: \(Seed.contentType(of: part)); charset=\"utf-8\"\n"
            text += "MIME-Version: 1.0\n\n\(part)"
        }
        return text + "\n--\(boundary)--\n"
    }

    private func cloudConfig(_ cloudInit: CloudInit, hostname: String) -> String {
        var text = "#cloud-config\nhostname: \(Seed.quoted(hostname))\n"
        if !cloudInit.users.isEmpty { text += "users:\n" }
        for user in cloudInit.users {
            text += "  - name: \(Seed.quoted(user.name))\n"
            if user.sudo { text += "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n" }
            if let shell = user.shell { text += "    shell: \(Seed.quoted(shell))\n" }
            guard !user.sshKeys.isEmpty else { continue }
            text += "    ssh_authorized_keys:\n"
            for key in user.sshKeys { text += "      - \(Seed.quoted(key))\n" }
        }
        return text
    }

    /// The type of a part by its first line. cloud-init looks again at what is `text/plain`.
    private static func contentType(of part: String) -> String {
        let first = part.prefix { !$0.isNewline }
        if first == "#cloud-config" { return "text/cloud-config" }
        if first.hasPrefix("#!") { return "text/x-shellscript" }
        if first == "#include" { return "text/x-include-url" }
        return "text/plain"
    }

    /// A YAML double-quoted scalar: what JSON calls a string is one (YAML 1.2, section 1.3), and none is taken for a
    /// number, a boolean or null.
    private static func quoted(_ text: String) -> String {
        String(decoding: CanonicalJSON.bytes(of: text), as: UTF8.self)
    }

    /// What the volume says of itself: what it was built from. A rename of the guest alone makes no other of it.
    var mark: String? { definition.spec.cloudInit.map { Self.mark($0, of: definition.id) } }

    static func mark(_ cloudInit: CloudInit, of guest: ObjectID) -> String {
        var content = cloudInit
        content.onChange = .ignore
        return "\(markPrefix)\(Digest(of: CanonicalJSON.bytes(of: content) + guest.text.utf8))"
    }

    private static let markPrefix = "lodge:"

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
