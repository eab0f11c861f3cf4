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

    /// Unplugs a device and waits until the guest has let go of it.
    ///
    /// - Parameter id: the device's id, or its path in QEMU's object tree.
    /// - Returns: false where the guest refused, or did not let go within the limit.
    func unplug(_ id: String, within limit: Duration = .seconds(30)) async throws(ExecutorError) -> Bool {
        let events = session.events()
        let first = await withTaskGroup(of: UnplugEnding.self) { group in
            group.addTask { await ending(of: id, events) }
            group.addTask { await ask(for: id, within: limit) }
            defer { group.cancelAll() }
            return await group.next() ?? .kept
        }
        switch first {
        case .gone: return true
        case .kept: return false
        case .unheard:
            // The stream of events ended: the session says why.
            try await execute(QueryStatus())
            return false
        case .refused(let error): throw ExecutorError(operation, error)
        }
    }

    private enum UnplugEnding {
        case gone, kept, unheard
        case refused(QMPError)
    }

    /// DEVICE_DELETED comes for children first, without their id (schema of QEMU 7.2).
    private func ending(of id: String, _ events: QMPEventStream) async -> UnplugEnding {
        do throws(QMPError) {
            var events = events.makeAsyncIterator()
            while let event = try await events.next() {
                guard [event.data["device"], event.data["path"]].contains(.string(id)) else { continue }
                switch event.name {
                case "DEVICE_DELETED": return .gone
                case "DEVICE_UNPLUG_GUEST_ERROR": return .kept
                default: break
                }
            }
        } catch {}
        return .unheard
    }

    /// Asks, and asks again: a guest that has just started misses a request, and one that is busy with the port, as it
    /// is right after something was plugged in, has QEMU refuse it for the moment.
    private func ask(for id: String, within limit: Duration) async -> UnplugEnding {
        let deadline = ContinuousClock.now + limit
        var isAsked = false
        while ContinuousClock.now < deadline {
            var pause = Duration.seconds(6)
            do throws(QMPError) {
                _ = try await session.execute("device_del", arguments: ["id": .string(id)])
                isAsked = true
            } catch {
                switch error.reason {
                case .refused(_, let words) where words.contains("guest is busy"): pause = .milliseconds(500)
                case .refused(_, let words) where words.contains("in the process of unplug"): isAsked = true
                // Gone by now: its event is on the way.
                case .refused(.deviceNotFound, _) where isAsked: break
                default: return .refused(error)
                }
            }
            try? await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            if Task.isCancelled { break }
        }
        return .kept
    }
}
