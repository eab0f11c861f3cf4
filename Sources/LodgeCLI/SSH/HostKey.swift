/// A public key that a guest's sshd proves to be itself with.
struct HostKey: Hashable {
    /// Such as `ssh-ed25519`.
    let type: String
    /// In base64.
    let key: String

    /// A line of an `…_key.pub` file (sshd(8), AUTHORIZED_KEYS FILE FORMAT): type, key, and a comment that does not
    /// count. Nil: it is something else.
    init?(line: some StringProtocol) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count >= 2, Self.types.contains(where: parts[0].hasPrefix), parts[0].utf8.count <= 64,
            parts[0].utf8.allSatisfy({ isAlphanumeric($0) || "-.@".utf8.contains($0) }),
            (16...Self.longest).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ isAlphanumeric($0) || "+/=".utf8.contains($0) })
        else { return nil }
        (type, key) = (String(parts[0]), String(parts[1]))
    }

    private static let types = ["ssh-", "ecdsa-", "sk-"]
    /// sshd reads lines of up to 8 KiB.
    private static let longest = 8_192

    /// The keys among lines of text.
    static func all(in text: String) -> Set<HostKey> {
        Set(text.split(whereSeparator: \.isNewline).compactMap { HostKey(line: $0) })
    }

    /// What cloud-init printed on the serial console (its module `keys_to_console`) the last time that it did.
    static func all(onConsole text: String) -> Set<HostKey> {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let start = lines.lastIndex(of: "-----BEGIN SSH HOST KEY KEYS-----") else { return [] }
        let rest = lines[(start + 1)...]
        guard let end = rest.firstIndex(of: "-----END SSH HOST KEY KEYS-----") else { return [] }
        return Set(rest[..<end].compactMap { HostKey(line: $0) })
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
    default: false
    }
}
