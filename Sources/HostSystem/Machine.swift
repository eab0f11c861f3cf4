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

    static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
