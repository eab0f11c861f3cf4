import FleetModel

/// The user data of a guest's seed, from what its manifest says.
struct CloudConfig {
    let cloudInit: CloudInit
    let hostname: String
    /// Separates the parts of an archive; in none of them.
    let boundary: String
    /// True: cloud-init does its work again on a root disk that it has worked on, and leaves the guest's SSH host keys
    /// as they are: whoever knows the guest is to know it again.
    let isRepeated: Bool

    /// The user data as given, Lodge's own `#cloud-config` where the manifest asks for anything beyond it, or both as a
    /// MIME archive, which cloud-init takes apart (its documentation, "MIME multi-part archive").
    var userData: String {
        guard let given = cloudInit.userData else { return config }
        guard hasOwnPart else { return given }
        var text = "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\nMIME-Version: 1.0\n"
        for part in [config, given] {
            text += "\n--\(boundary)\n"
            // An archive has its fields already; cloud-init also takes those apart that are parts.
            if !CloudInit.isMIME(part) {
                text += "Content-Type: \(Self.contentType(of: part)); charset=\"utf-8\"\n"
                text += "MIME-Version: 1.0\n\(Self.merging)\n\n"
            }
            text += part
        }
        return text + "\n--\(boundary)--\n"
    }

    /// cloud-init keeps one of two lists of the same name; with this it has both (its documentation, "Merging user data
    /// sections"). A single value of Lodge's part stays.
    private static let merging = "Merge-Type: list(append)+dict(no_replace,recurse_list)+str()"

    private var hasOwnPart: Bool {
        !cloudInit.users.isEmpty || !cloudInit.packages.isEmpty || !cloudInit.runCommands.isEmpty
            || !cloudInit.writeFiles.isEmpty || isRepeated
    }

    private var config: String {
        var text = "#cloud-config\nhostname: \(Self.quoted(hostname))\n"
        if isRepeated { text += "ssh_deletekeys: false\n" }
        if !cloudInit.users.isEmpty { text += "users:\n" }
        for user in cloudInit.users { text += lines(of: user) }
        if !cloudInit.packages.isEmpty { text += "packages:\n" }
        for package in cloudInit.packages { text += "  - \(Self.quoted(package))\n" }
        if !cloudInit.writeFiles.isEmpty { text += "write_files:\n" }
        for file in cloudInit.writeFiles { text += lines(of: file) }
        if !cloudInit.runCommands.isEmpty { text += "runcmd:\n" }
        for command in cloudInit.runCommands { text += "  - \(Self.quoted(command))\n" }
        return text
    }

    private func lines(of user: CloudInit.User) -> String {
        var text = "  - name: \(Self.quoted(user.name))\n"
        if user.sudo { text += "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n" }
        if let shell = user.shell { text += "    shell: \(Self.quoted(shell))\n" }
        if !user.groups.isEmpty { text += "    groups: \(Self.quoted(user.groups.joined(separator: ", ")))\n" }
        // `passwd` would count for a user that is still to be made alone.
        if let hash = user.passwordHash {
            text += "    lock_passwd: false\n    hashed_passwd: \(Self.quoted(hash))\n"
        }
        guard !user.sshKeys.isEmpty else { return text }
        text += "    ssh_authorized_keys:\n"
        for key in user.sshKeys { text += "      - \(Self.quoted(key))\n" }
        return text
    }

    /// cloud-init writes files before it makes users: one that is to be somebody else's waits until its last stage.
    private func lines(of file: CloudInit.File) -> String {
        var text = "  - path: \(Self.quoted(file.path))\n    content: \(Self.quoted(file.content))\n"
        if let permissions = file.permissions { text += "    permissions: \(Self.quoted(permissions))\n" }
        if let owner = file.owner { text += "    owner: \(Self.quoted(owner))\n    defer: true\n" }
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
    /// number, a boolean or null. What YAML 1.1, which cloud-init reads, takes for a line break or refuses goes by its
    /// number (its section 5.1 and 5.4).
    static func quoted(_ text: String) -> String {
        var quoted = String.UnicodeScalarView()
        for scalar in String(decoding: CanonicalJSON.bytes(of: text), as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
            default: quoted.append(scalar)
            }
        }
        return String(quoted)
    }
}
