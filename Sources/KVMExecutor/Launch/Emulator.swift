import HostSystem

/// The QEMU of this machine.
public enum Emulator {
    public static let program = "qemu-system-x86_64"
    public static let installAdvice = "install it: apt-get install qemu-system-x86 qemu-utils"

    /// Such as `7.2.22`; nil where QEMU is not installed or does not say.
    public static func version() async -> String? {
        guard let text = try? await Command.run(program, ["--version"], package: "qemu-system-x86") else { return nil }
        return text.split(separator: " ").first { $0.first?.isNumber ?? false }.map {
            String($0.prefix { $0.isNumber || $0 == "." })
        }
    }
}
