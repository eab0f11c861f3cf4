import FleetModel

/// Reads the users of a seed.
struct SeedUserDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// Those that can be read; all others are reported.
    func read(
        _ cloudInit: MappingReader<CloudInitField>, _ secrets: inout [String: SecretSource]
    ) -> [CloudInit.User] {
        var users: [CloudInit.User] = []
        for node in cloudInit.elements(.users) ?? YAMLElements.none(values.tree) {
            guard let user = user(node, &secrets) else { continue }
            if users.contains(where: { $0.name == user.name }) {
                values.report(
                    .duplicateName, at: node, "there is a user \"\(user.name)\" already",
                    help: "put what the two have into one")
            }
            users.append(user)
        }
        return users
    }

    /// useradd(8) and its default NAME_REGEX; Linux's limit is 32 characters.
    private static let userName = ValueType.string("user name", help: nameHelp, where: isUserName)
    private static let groupName = ValueType.string("group name", help: nameHelp, where: isUserName)
    private static let nameHelp =
        "write lower-case letters, digits, “_” and “-”, at most 32, with a letter or “_” first"

    static func isUserName(_ text: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (byte >= 0x61 && byte <= 0x7A) || byte == UInt8(ascii: "_") }
        return text.utf8.count <= 32 && text.utf8.first.map(isLetter) == true
            && text.utf8.allSatisfy { isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "-") }
    }

    private static let shell = ValueType.string("shell", help: "write an absolute path, such as /bin/bash") { text in
        text.hasPrefix("/") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    }

    /// sshd reads lines of up to 8 KiB.
    private static let keyLength = 8192

    private func user(_ node: NodeIndex, _ secrets: inout [String: SecretSource]) -> CloudInit.User? {
        guard let fields = MappingReader<CloudInitUserField>(node, values) else { return nil }
        var keys: [FreeText] = []
        for node in fields.elements(.sshKeys) ?? YAMLElements.none(values.tree) {
            let key = values.freeText(
                node, "SSH public key", help: "write the line of an id_….pub file: ssh-ed25519 AAAA… comment",
                where: Self.isPublicKey)
            if let key { keys.append(key) }
        }
        let sudo = fields.value(.sudo, as: .boolean, default: false) ?? false
        let shell = fields.optional(.shell, as: Self.shell)
        var groups: [String] = []
        for node in fields.elements(.groups) ?? YAMLElements.none(values.tree) {
            if let group = Self.groupName.read(values, node) { groups.append(group) }
        }
        let hash = fields.node(.passwordHash).flatMap { node in
            values.freeText(
                node, "hash of a password", help: "write what “mkpasswd” prints, such as $y$j9T$…, in quotes",
                where: Self.isPasswordHash)
        }
        guard let name = fields.required(.name, as: Self.userName) else { return nil }
        secrets["cloudInit.users.\(name).passwordHash"] = hash?.source
        for (index, key) in keys.enumerated() { secrets["cloudInit.users.\(name).sshKeys.\(index)"] = key.source }
        return CloudInit.User(
            name: name, sshKeys: keys.map(\.text), sudo: sudo, shell: shell, groups: groups,
            passwordHash: hash?.text)
    }

    /// sshd(8), AUTHORIZED_KEYS FILE FORMAT, without options: key type, base64 text, comment.
    private static func isPublicKey(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count <= keyLength, bytes.first != UInt8(ascii: " ") else { return false }
        guard keyTypes.contains(where: text.hasPrefix), !text.unicodeScalars.contains(where: isControl) else {
            return false
        }
        let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 2)
        return parts.count >= 2 && parts[1].count >= 16
            && parts[1].allSatisfy { isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2F || $0 == 0x3D }
    }

    private static let keyTypes = ["ssh-", "ecdsa-", "sk-"]

    /// crypt(5): a method between dollar signs, and what it makes of a password and a salt.
    private static func isPasswordHash(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        return text.utf8.count <= 384 && parts.count >= 4 && parts[0].isEmpty && (parts.last?.count ?? 0) >= 22
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    }
}
