import Glibc
import SystemPackage

/// One process of this machine, as `/proc` shows it.
public struct ProcessEntry: Hashable, Sendable {
    public var pid: Int32
    /// Clock ticks since boot (proc(5)); with the pid it names one process for the machine's uptime.
    public var startTime: UInt64
    /// The state letter of proc(5).
    public var state: Character
    /// Arguments as they were given; empty for kernel threads and zombies.
    public var arguments: [String]

    /// The process in state Z or X is dead, though its entry is still there.
    public var isDead: Bool { state == "Z" || state == "X" || state == "x" }
}

/// The processes of this machine.
public enum ProcessTable {
    /// Every process that is not dead.
    public static func all() -> [ProcessEntry] {
        ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }.compactMap(entry).filter { !$0.isDead }
    }

    /// The process, dead ones included, or nil.
    public static func entry(_ pid: Int32) -> ProcessEntry? {
        guard let status = Files.text("/proc/\(pid)/stat"), let close = status.lastIndex(of: ")") else { return nil }
        // Behind the command in parentheses: field 3 is the state, field 22 the start time.
        let fields = status[status.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else { return nil }
        let line = (try? Files.read("/proc/\(pid)/cmdline")) ?? []
        let arguments = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return ProcessEntry(pid: pid, startTime: start, state: state, arguments: arguments)
    }

    /// True where the very process that had this pid and start time still lives.
    public static func lives(_ pid: Int32, startTime: UInt64) -> Bool {
        entry(pid).map { !$0.isDead && $0.startTime == startTime } ?? false
    }

    /// The paths, as they are today, of what the process has open. Needs to be its user or root; empty for others.
    public static func openFiles(of pid: Int32) -> [String] {
        let folder = "/proc/\(pid)/fd"
        return ((try? Files.list(folder)) ?? []).compactMap { name in
            var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = buffer.withUnsafeMutableBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) { readlink("\(folder)/\(name)", $0.baseAddress!, $0.count) }
            }
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }

    /// Sends a signal to exactly that process, never to a later one with the same pid.
    public static func signal(_ pid: Int32, startTime: UInt64, _ signal: CInt) throws(SystemError) {
        guard lives(pid, startTime: startTime) else { return }
        guard kill(pid, signal) == 0 || errno == ESRCH else { throw .now("signal", "process \(pid)") }
    }

    /// Waits until the process is gone; false where it still lives at the end of the time.
    public static func waitForEnd(_ pid: Int32, startTime: UInt64, timeout: Duration) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var pause = Duration.milliseconds(2)
        while lives(pid, startTime: startTime) {
            guard clock.now < deadline else { return false }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
        return true
    }
}
