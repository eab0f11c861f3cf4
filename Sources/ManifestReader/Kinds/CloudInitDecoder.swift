import FleetModel

/// Reads a guest's `cloudInit`.
struct CloudInitDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// - Parameter secrets: gets where sensitive values are from, by their fields' paths.
    /// - Returns: nil where it is left out. What is wrong in it is left out too, and reported.
    func read(_ guest: MappingReader<GuestField>, _ secrets: inout [String: SecretSource]) -> CloudInit? {
        guard let fields = guest.mapping(.cloudInit, CloudInitField.self) else { return nil }
        values.addOrigins(of: fields, under: "cloudInit")
        var cloudInit = CloudInit()
        if let hostname = hostname(fields) {
            cloudInit.hostname = hostname.text
            secrets["cloudInit.hostname"] = hostname.source
        }
        if let userData = userData(fields) {
            cloudInit.userData = userData.text
            secrets["cloudInit.userData"] = userData.source
        }
        cloudInit.onChange = fields.value(.onChange, as: .choice(), default: SeedChange.ignore) ?? .ignore
        for node in fields.elements(.users) ?? YAMLElements.none(values.tree) {
            guard let user = user(node, &secrets) else { continue }
            if cloudInit.users.contains(where: { $0.name == user.name }) {
                values.report(
                    .duplicateName, at: node, "there is a user \"\(user.name)\" already",
                    help: "put what the two have into one")
            }
            cloudInit.users.append(user)
        }
        return cloudInit
    }

    private func hostname(_ fields: MappingReader<CloudInitField>) -> FreeText? {
        guard let node = fields.node(.hostname) else { return nil }
        return values.freeText(
            node, "host name", help: "write letters, digits and inner hyphens, such as web-1", hasIndex: true,
            where: isDomainName)
    }

    private func userData(_ fields: MappingReader<CloudInitField>) -> FreeText? {
        guard let node = fields.node(.userData),
            let text = values.freeText(
                node, "user data", help: "write a text, or leave it out", isLine: false, where: { !$0.isEmpty })
        else { return nil }
        checkUserData(text.text, at: node)
        values.checkForIndex(text.text, at: node, in: "user data")
        return text
    }

    /// useradd(8) and its default NAME_REGEX; Linux's limit is 32 characters.
    private static let userName = ValueType.string(
        "user name", help: "write lower-case letters, digits, “_” and “-”, at most 32, with a letter or “_” first"
    ) { text in
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
        guard let name = fields.required(.name, as: Self.userName) else { return nil }
        for (index, key) in keys.enumerated() { secrets["cloudInit.users.\(name).sshKeys.\(index)"] = key.source }
        return CloudInit.User(name: name, sshKeys: keys.map(\.text), sudo: sudo, shell: shell)
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

    /// cloud-init tells formats apart by the first line, and ignores what it does not know.
    private func checkUserData(_ text: String, at node: NodeIndex) {
        let known = ["#cloud-config", "#cloud-boothook", "#!", "#include", "#part-handler", "## template:"]
        let mime = ["content-type:", "mime-version:"]
        let start = text.prefix(32).lowercased()
        guard !known.contains(where: text.hasPrefix), !mime.contains(where: start.hasPrefix) else { return }
        values.report(
            .unlikelyUserData, at: node, "cloud-init ignores user data whose first line does not say what it is",
            help: "begin with #cloud-config, or with #!/bin/sh for a script", severity: .warning)
    }
}
