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
    /// What the balloon leaves of the memory that the process was started with; nil: there is no balloon.
    var leftByBalloon: ByteCount?
    /// What the guest was asked to have beyond that; nil: it has no room for more.
    var addedMemory: ByteCount?
    /// The NICs whose cable is pulled.
    var pulled: Set<Name> = []
    /// Nil: not looked at.
    var seed: SeenSeed?
    /// False: the process of the guest's TPM has ended.
    var hasTPM = true

    /// - Parameter process: what the guest's process is recorded to have.
    static func ask(
        _ session: QMPSession, about process: GuestSpec, timeout: Duration
    ) async throws(QMPError) -> SeenDevices {
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
        async let balloon = amount { () throws(QMPError) in
            Int64(try await session.execute(QueryBalloon(), timeout: timeout).actual)
        }
        async let added = amount { () throws(QMPError) in
            try await session.execute(
                QOMGet(path: LiveMemory.path, property: "requested-size", as: Int64.self), timeout: timeout)
        }
        let pci = await buses
        // An answer that needs another one first.
        async let pulled = result { () throws(QMPError) in
            try await Self.pulled(process, try pci.get(), session, timeout: timeout)
        }
        return SeenDevices(
            state: try await state.get(), devices: Set(try await devices.get().map(\.name)),
            drives: try await drives.get(), ports: PortTable(try pci.get()), cpus: try await cpus.get(),
            leftByBalloon: try await balloon.get(), addedMemory: try await added.get(), pulled: try await pulled.get())
    }

    /// `async let` does not carry the type of an error.
    static func result<Value: Sendable>(
        _ body: @Sendable () async throws(QMPError) -> Value
    ) async -> Result<Value, QMPError> {
        do throws(QMPError) { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Bytes that a device tells of; nil where QEMU says that there is none.
    private static func amount(
        _ body: @Sendable () async throws(QMPError) -> Int64
    ) async -> Result<ByteCount?, QMPError> {
        do throws(QMPError) { return .success(ByteCount(bytes: try await body())) } catch {
            if case .refused = error.reason { return .success(nil) }
            return .failure(error)
        }
    }

    /// Ports where a device can be added; nil where that is not known, or there are none.
    var freePorts: Int? { ports.ports.isEmpty || !ports.isKnown ? nil : ports.free.count }
}
