import FleetModel

/// Something asked of a host that did not succeed.
public struct HostError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Codable, Sendable {
        /// It was tried and failed.
        case failed
        /// The host's own checks forbade it, and nothing was touched.
        case refused
        /// Another apply holds the host's lock.
        case locked
        /// The host, or its agent, cannot be talked to.
        case unreachable
        /// The caller took it back.
        case cancelled
    }

    public var kind: Kind
    /// What was attempted, on what, what happened and what to do: one line, or several.
    public var text: String

    public init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    public var description: String { text }
}
