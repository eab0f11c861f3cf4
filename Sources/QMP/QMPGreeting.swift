/// What QEMU says first on a connection. It is sent by the main loop, so it means that QEMU is ready.
public struct QMPGreeting: Sendable, Hashable, Decodable {
    public let version: QEMUVersion
    /// What the monitor can do beyond the basics, such as `oob`.
    public let capabilities: [String]
}

/// Schema `VersionInfo`: the version of QEMU and of its package.
public struct QEMUVersion: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public struct Triple: Sendable, Hashable, Codable {
        public let major: Int
        public let minor: Int
        public let micro: Int
    }

    public let qemu: Triple
    /// The distribution's package version, often empty.
    public let package: String

    /// Compares the numbers of QEMU only.
    public static func < (left: QEMUVersion, right: QEMUVersion) -> Bool {
        (left.qemu.major, left.qemu.minor, left.qemu.micro) < (right.qemu.major, right.qemu.minor, right.qemu.micro)
    }

    public var description: String { "\(qemu.major).\(qemu.minor).\(qemu.micro)" }
}
