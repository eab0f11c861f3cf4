/// Something that happened in QEMU, told to every client of every monitor.
public struct QMPEvent: Sendable, Hashable {
    /// The schema name, such as `SHUTDOWN` or `DEVICE_DELETED`.
    public let name: String
    /// The event's members; an empty object where it has none.
    public let data: QMPValue
    /// QEMU's wall clock since 1970-01-01T00:00:00Z; `nil` where QEMU could not tell.
    public let sinceEpoch: Duration?

    public init(name: String, data: QMPValue = [:], sinceEpoch: Duration? = nil) {
        self.name = name
        self.data = data
        self.sinceEpoch = sinceEpoch
    }
}

extension QMPEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case event, data, timestamp
    }

    private struct Timestamp: Decodable {
        let seconds: Int64
        let microseconds: Int64
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .event)
        data = try container.decodeIfPresent(QMPValue.self, forKey: .data) ?? [:]
        let timestamp = try container.decode(Timestamp.self, forKey: .timestamp)
        // QEMU sends -1 for both where it cannot read the clock (qmp-spec, "Asynchronous events").
        let known = timestamp.seconds >= 0
        sinceEpoch = known ? .seconds(timestamp.seconds) + .microseconds(timestamp.microseconds) : nil
    }
}
