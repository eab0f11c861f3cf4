import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import VirtualNetwork

/// Waits until a started guest is ready, as its manifest understands that.
struct ReadinessWait: Sendable {
    let layout: HostLayout
    let network: NetworkHost
    let observer: GuestObserver
    private static let pause = Duration.milliseconds(100)

    /// - Throws: where the guest ends or halts, the time is over, or the wait is cancelled. The guest is left as
    ///   it is.
    func wait(
        for guest: GuestReference, _ readiness: Readiness, progress: @Sendable (String) -> Void
    ) async throws(HostError) {
        let store = GuestStore(layout: layout)
        let definition: GuestDefinition
        do { definition = try store.definition(guest.fleet, guest.name) } catch {
            throw HostError(.failed, error.description)
        }
        let deadline = ContinuousClock.now + readiness.timeout.duration
        progress("waiting until \(readiness.condition.text(definition))")
        while true {
            try await checkHealth(of: guest)
            if try await holds(readiness.condition, definition) { return }
            guard !Task.isCancelled else {
                throw HostError(.cancelled, "the wait for guest \(guest.name) was interrupted; it runs on")
            }
            guard ContinuousClock.now < deadline else {
                throw HostError(
                    .failed,
                    "guest \(guest.name) was started, but is not ready after \(readiness.timeout): waited until "
                        + readiness.condition.text(definition) + lastLines(guest)
                        + "\n  to do: look at its console (lodge console \(guest.name)), or give it more time "
                        + "with ready.timeout")
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// A guest that has ended or halted will not become ready.
    private func checkHealth(of guest: GuestReference) async throws(HostError) {
        let observed: LiveGuest?
        do { observed = try await observer.observe(guest) } catch { throw HostError(.failed, error.description) }
        switch observed?.state {
        case .running, .unresponsive: return
        case .halted(let state):
            throw HostError(
                .failed,
                "guest \(guest.name) halted before it was ready (\(state))" + lastLines(guest)
                    + (state == "internal-error" ? "\n  to do: try it with accelerator: tcg" : ""))
        case .stopped, nil:
            throw HostError(.failed, "guest \(guest.name) ended before it was ready" + lastLines(guest))
        }
    }

    private func holds(_ condition: Readiness.Condition, _ definition: GuestDefinition) async throws(HostError) -> Bool
    {
        switch condition {
        case .started: return true
        case .address:
            for nic in definition.spec.nics {
                do {
                    guard try await network.answers(nic) else { return false }
                } catch {
                    throw HostError(.failed, error.description)
                }
            }
            return true
        case .tcp(let port):
            guard let nic = definition.spec.nics.first else { return false }
            return await TCPProbe.accepts(nic.ipv4, port: port)
        case .agent: return await GuestAgent(definition.reference, layout: layout).answers()
        case .console(let text):
            let folder = layout.guest(definition.owner.fleet, definition.name).consoleFolder
            return String(decoding: ConsoleLog.contents(folder: folder), as: UTF8.self).contains(text)
        }
    }

    /// What the console showed last, for the error.
    private func lastLines(_ guest: GuestReference) -> String {
        let folder = layout.guest(guest.fleet, guest.name).consoleFolder
        let text = String(decoding: ConsoleLog.contents(folder: folder).suffix(2_000), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).suffix(3).map { "\n    | " + $0.filter { !$0.isControl } }
        return lines.isEmpty ? "" : "\n  the last lines of its console:" + lines.joined()
    }
}

extension Character {
    /// True for what could drive a terminal.
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}

extension Readiness.Condition {
    /// In words, to follow “waits until”.
    func text(_ definition: GuestDefinition) -> String {
        switch self {
        case .started: "its process runs"
        case .address:
            "it answers at " + definition.spec.nics.map { "\($0.ipv4)" }.joined(separator: " and ")
        case .tcp(let port):
            "it accepts a connection at \(definition.spec.nics.first.map { "\($0.ipv4)" } ?? "?"):\(port)"
        case .agent: "its guest agent answers"
        case .console(let text): "its console shows “\(text)”"
        }
    }
}
