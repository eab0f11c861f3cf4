import FleetModel
import HostSystem
import QMP

/// What QEMU says that a guest has, asked in one go: all questions are on their way before the first answer comes.
struct SeenDevices: Sendable {
    var state: RunState
    /// The ids of all devices that have one.
    var devices: Set<String>
    var drives: [QueryBlock.Drive]
    /// Without ports where the machine has none.
    var ports: PortTable
    var cpus: Int

    static func ask(_ session: QMPSession, timeout: Duration) async throws(QMPError) -> SeenDevices {
        async let state = result { () throws(QMPError) in
            try await session.execute(QueryStatus(), timeout: timeout).status
        }
        async let devices = result { () throws(QMPError) in
            try await session.execute(QOMList(path: "/machine/peripheral"), timeout: timeout)
        }
        async let drives = result { () throws(QMPError) in
            try await session.execute(QueryBlock(), timeout: timeout)
        }
        async let buses = result { () throws(QMPError) in
            try await session.execute(QueryPCI(), timeout: timeout)
        }
        async let cpus = result { () throws(QMPError) in
            try await session.execute(QueryCPUsFast(), timeout: timeout).count
        }
        return SeenDevices(
            state: try await state.get(), devices: Set(try await devices.get().map(\.name)),
            drives: try await drives.get(), ports: PortTable(try await buses.get()), cpus: try await cpus.get())
    }

    /// `async let` does not carry the type of an error.
    private static func result<Value: Sendable>(
        _ body: @Sendable () async throws(QMPError) -> Value
    ) async -> Result<Value, QMPError> {
        do throws(QMPError) { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Ports where a device can be added; nil where that is not known, or there are none.
    var freePorts: Int? { ports.ports.isEmpty || !ports.isKnown ? nil : ports.free.count }
}
