import FleetModel
import HostSystem
import KVMExecutor

/// Carries a guest's console log to a client: what there is, and where it is asked for what comes.
struct LogRelay {
    let guest: GuestReference
    let layout: HostLayout

    /// How often the log is looked at.
    private static let pause = Duration.milliseconds(100)

    /// Until the end of the log; where it is followed, until the guest is removed or the task is cancelled.
    ///
    /// - Parameters:
    ///   - lines: only so many that are there already; nil: all.
    ///   - output: gets at most 64 KiB at once.
    func run(lines: Int?, follows: Bool, output: @Sendable ([UInt8]) -> Void) async throws(HostError) {
        let reader: ConsoleLogReader
        do throws(SystemError) {
            reader = try ConsoleLogReader(folder: layout.guest(guest.fleet, guest.name).consoleFolder)
        } catch {
            guard error.errno != .noSuchFileOrDirectory else {
                throw HostError(
                    .failed,
                    "guest \(guest.name) has no log: it was never started"
                        + "\n  to do: start it (lodge start \(guest.name))")
            }
            throw HostError(.failed, error.description)
        }
        let history = reader.history(lines: lines)
        for start in stride(from: 0, to: history.count, by: ConsoleLogReader.chunkSize) {
            output(Array(history[start..<min(start + ConsoleLogReader.chunkSize, history.count)]))
        }
        while follows, !Task.isCancelled, let bytes = reader.next() {
            if bytes.isEmpty { try? await Task.sleep(for: Self.pause) } else { output(bytes) }
        }
    }
}
