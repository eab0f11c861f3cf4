import ArgumentParser
import FleetModel
import Reconciler
import Synchronization

/// Runs `body`; the wish to stop cancels it, and what it has to do then is waited for.
///
/// - Returns: its exit code, or that of an interruption.
func untilStopped(
    _ stop: StopRequest, _ body: @escaping @Sendable () async -> ExitCode
) async -> ExitCode {
    await withTaskGroup(of: ExitCode?.self) { race in
        race.addTask { await body() }
        race.addTask {
            await stop.wait()
            return nil
        }
        let first = await race.next() ?? nil
        race.cancelAll()
        return first ?? .interrupted
    }
}

/// Says that the guest is off.
///
/// - Returns: the exit code.
func notRunning(_ found: FoundGuest) -> ExitCode {
    let name = found.reference.name
    return Terminal.fail(
        "guest \(name) does not run\n  to do: start it (lodge start \(name)); lodge logs \(name) shows what it printed")
}

/// Text of several lines with what guests said in it, as a terminal may show it.
func inLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).visible }.joined(separator: "\n")
}

/// Where what a guest printed is written: a terminal gets text alone, all else the bytes.
final class GuestText: Sendable {
    private let terminal: Terminal
    private let printable = Mutex(PrintableText())

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// - Returns: false where nobody reads it any more.
    func write(_ bytes: [UInt8]) -> Bool {
        guard terminal.isTerminal else { return terminal.write(bytes) }
        return terminal.write(Array(printable.withLock { $0.add(bytes) }.utf8))
    }
}
