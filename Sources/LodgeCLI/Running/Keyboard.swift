import Dispatch
import Glibc

/// Standard input, key by key, until its end or Ctrl-].
final class Keyboard: Sendable {
    /// Ctrl-], which telnet(1) and virsh(1) use for the same.
    static let escape: UInt8 = 0x1D

    let input: AsyncStream<[UInt8]>
    private let original: termios?

    var isTerminal: Bool { original != nil }

    init() {
        var settings = termios()
        if tcgetattr(STDIN_FILENO, &settings) == 0 {
            original = settings
            cfmakeraw(&settings)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        } else {
            original = nil
        }
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        input = stream
        // A blocked read must not hold one of the few threads that tasks share.
        DispatchQueue(label: "lodge.keyboard").async {
            var chunk = [UInt8](repeating: 0, count: 1_024)
            while true {
                let count = read(STDIN_FILENO, &chunk, chunk.count)
                guard count > 0 else { break }
                let keys = chunk[0..<count]
                let end = keys.firstIndex(of: Self.escape)
                let typed = Array(keys[..<(end ?? keys.endIndex)])
                if !typed.isEmpty { continuation.yield(typed) }
                if end != nil { break }
            }
            continuation.finish()
        }
    }

    /// Gives the terminal back as it was.
    func restore() {
        guard var original else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &original)
        Terminal.output.write("\r\n")
    }
}
