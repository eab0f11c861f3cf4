import FleetModel

/// Bounds on what is read, so that a hostile manifest ends in an error and not in memory or time.
enum YAMLLimits {
    /// Bytes of one file.
    static let fileSize = 16 << 20
    /// Bytes of all files of a run.
    static let totalSize = 64 << 20
    /// Scalars, mappings and sequences of one file, each alias counted with everything that it stands for.
    static let nodes = 1_000_000
    /// The same of all files of a run, without what aliases stand for.
    static let totalNodes = 8_000_000
    /// What a fleet's defaults have, times its guests; also what is read for all guests from profiles and templates.
    static let defaultedNodes = 20_000_000
    /// Bytes of all values together that manifests take from other files.
    static let secretSize = 64 << 20
    /// Bytes that variables put into all files of a run.
    static let substitutedSize = 64 << 20
    /// Guests of all sets together.
    static let replicas = 100_000
    /// Elements of a list within a guest, such as its disks.
    static let elements = 32
    /// Packages, commands or files of one seed.
    static let seedElements = 256
    /// Bytes of all texts of one seed together: a request to a host's agent has room for them.
    static let seedSize = 512 << 10
    /// Mappings and sequences inside one another, those that aliases stand for included.
    static let depth = 64
    /// Bytes of one scalar.
    static let scalarSize = 1 << 20
    /// Problems after which no more are collected.
    static let problems = 10_000
}
