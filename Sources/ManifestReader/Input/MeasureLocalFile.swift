import FleetModel

/// Why a local file could not be measured.
public struct LocalFileFailure: Error, Hashable, Sendable {
    /// What happened, to follow “cannot be read: ”.
    public let text: String
}

/// Reads a file of this machine for its size and digest.
///
/// - Parameter path: absolute.
public func measureLocalFile(_ path: String) -> Result<LocalFile, LocalFileFailure> {
    LocalFiles().measure(path, in: "/").map(\.file).mapError { LocalFileFailure(text: $0.text) }
}
