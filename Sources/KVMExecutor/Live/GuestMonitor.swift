import FleetModel
import QMP

/// The one session in which a running guest is changed, with errors that name the guest and the change.
struct GuestMonitor: Sendable {
    let session: QMPSession
    /// What is attempted, such as `resize memory of guest web-1`.
    var operation: String

    /// - Throws: where nobody answers, and where the guest's processors do not execute: it could not co-operate.
    static func open(_ definition: GuestDefinition, layout: HostLayout) async throws(ExecutorError) -> GuestMonitor {
        let operation = "change guest \(definition.name)"
        let session: QMPSession
        do { session = try await QMPSession.connect(path: layout.guestRun(definition.id).qmp) } catch {
            throw ExecutorError(operation, error)
        }
        let monitor = GuestMonitor(session: session, operation: operation)
        let status: RunState
        do throws(ExecutorError) { status = try await monitor.execute(QueryStatus()).status } catch {
            session.close()
            throw error
        }
        guard status == .running else {
            session.close()
            throw ExecutorError(operation, "it is \(status.text), not running", advice: "plan again")
        }
        return monitor
    }

    @discardableResult
    func execute<Command: QMPCommand>(_ command: Command) async throws(ExecutorError) -> Command.Reply {
        do { return try await session.execute(command) } catch { throw ExecutorError(operation, error) }
    }

    /// Runs a command that has no type in `QMP`.
    @discardableResult
    func execute(_ name: String, _ arguments: QMPValue = [:]) async throws(ExecutorError) -> QMPValue {
        do { return try await session.execute(name, arguments: arguments) } catch {
            throw ExecutorError(operation, error)
        }
    }

    /// Asks again and again until the answer is there.
    ///
    /// - Returns: nil where it was not within the limit.
    func poll<Answer>(
        for limit: Duration, every interval: Duration = .milliseconds(20),
        _ question: () async throws(ExecutorError) -> Answer?
    ) async throws(ExecutorError) -> Answer? {
        let deadline = ContinuousClock.now + limit
        while true {
            if let answer = try await question() { return answer }
            guard ContinuousClock.now < deadline else { return nil }
            do { try await Task.sleep(for: interval) } catch {
                throw ExecutorError(operation, "interrupted; what the guest did until then stays")
            }
        }
    }

    /// Unplugs a device and waits until the guest has let go of it. DEVICE_DELETED comes for children first, without
    /// their id (schema of QEMU 7.2).
    ///
    /// - Parameter id: the device's id, or its path in QEMU's object tree.
    /// - Returns: false where the guest refused, or did not let go within the limit.
    func unplug(_ id: String, within limit: Duration = .seconds(30)) async throws(ExecutorError) -> Bool {
        let events = session.events()
        try await execute("device_del", ["id": .string(id)])
        let hasGone = await withTaskGroup(of: Bool?.self) { group in
            group.addTask {
                do throws(QMPError) {
                    var events = events.makeAsyncIterator()
                    while let event = try await events.next() {
                        guard [event.data["device"], event.data["path"]].contains(.string(id)) else { continue }
                        switch event.name {
                        case "DEVICE_DELETED": return true
                        case "DEVICE_UNPLUG_GUEST_ERROR": return false
                        default: break
                        }
                    }
                    return nil
                } catch {
                    return nil
                }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let hasGone { return hasGone }
        // The stream of events ended: the session says why.
        try await execute(QueryStatus())
        return false
    }
}
