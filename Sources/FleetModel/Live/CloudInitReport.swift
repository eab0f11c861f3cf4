import JSONCoding

/// What cloud-init in a guest says of its work, as the guest agent passes it on: another machine's words.
public struct CloudInitReport: Codable, Hashable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// Some of its stages are still to come.
        case running
        case done
        /// All that it will do is done, or not, and something went wrong.
        case error
    }

    public var status: Status
    /// What went wrong first.
    public var error: String?

    public init(_ status: Status, error: String? = nil) {
        self.status = status
        self.error = error
    }
}

extension CloudInitReport {
    /// What cloud-init's `status.json` comes to; nil: it is none.
    public init?(statusFile bytes: [UInt8]) {
        guard let file = try? CompactJSON.decode(StatusFile.self, from: bytes) else { return nil }
        guard file.v1.final?.finished != nil else {
            self.init(.running)
            return
        }
        let errors = file.v1.stages.flatMap { $0.errors ?? [] }
        self.init(errors.isEmpty ? .done : .error, error: errors.first.map { String($0.prefix(300)) })
    }

    /// As far as it is looked at.
    private struct StatusFile: Decodable {
        struct Stage: Decodable {
            var errors: [String]?
            var finished: Double?
        }

        struct Stages: Decodable {
            var local: Stage?
            var network: Stage?
            var config: Stage?
            var final: Stage?

            var stages: [Stage] { [local, network, config, final].compactMap { $0 } }

            private enum CodingKeys: String, CodingKey {
                case local = "init-local"
                case network = "init"
                case config = "modules-config"
                case final = "modules-final"
            }
        }

        var v1: Stages
    }
}
