import Glibc

/// Figures of this machine.
public enum Machine {
    /// A text that is new after each boot.
    public static var bootID: String {
        trimmed(Files.text("/proc/sys/kernel/random/boot_id") ?? "")
    }

    /// MemTotal in bytes, from `/proc/meminfo`: the one figure of several that a container can be given its own of.
    public static var memory: Int64 {
        let lines = (Files.text("/proc/meminfo") ?? "").split(separator: "\n")
        let fields = lines.first { $0.hasPrefix("MemTotal:") }?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int64(fields[1]) ?? 0) << 10 : 0
    }

    /// The path of the program that this process runs.
    public static func thisProgram() throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw .now("find", "this program") }
        return String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Lets this process, and those that it starts, have as many descriptors as they may: a host's agent has some for each
    /// guest, and the usual 1,024 are for programs that wait by select(2).
    public static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
