import FoundationEssentials
import Glibc
import Synchronization

/// Standard output or standard error: where colour is decided, and text leaves the process whole.
struct Terminal: Sendable {
    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let errors = Terminal(descriptor: STDERR_FILENO)

    let descriptor: CInt
    let isTerminal: Bool
    /// Coloured on a terminal, unless NO_COLOR is set to anything (no-color.org) or the terminal is dumb.
    let style: TextStyle
    private static let lock = Mutex(())

    private init(descriptor: CInt) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        let environment = ProcessInfo.processInfo.environment
        let refused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        style = TextStyle(isColoured: isTerminal && !refused)
    }

    func write(_ text: String) {
        guard !text.isEmpty else { return }
        write(Array(text.utf8))
    }

    /// Bytes as they are: those of a console can end within a character.
    ///
    /// - Returns: false where nobody reads them any more.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        Self.lock.withLock { _ in
            bytes.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return false }
                    offset += count
                }
                return true
            }
        }
    }

    /// Asks on the terminal that the user sits at; only `yes` is consent.
    static func confirm(_ question: String, on terminal: Terminal) -> Bool {
        terminal.write("\n\(question)\n  Only “yes” is accepted: ")
        return readLine()?.trimmed == "yes"
    }

    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
