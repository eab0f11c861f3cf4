import CLinux

/// The kernel's rules for the name of an interface (`dev_valid_name` in `net/core/dev.c`).
enum InterfaceName {
    /// Whether the kernel would take the name literally: 1 to 15 bytes, not `.` or `..`, without `/`, `:`, white space,
    /// NUL (which would end it early) and `%` (which would make it a template).
    static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        let refused: Set<UInt8> = [0, 0x2F, 0x3A, 0x25, 0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0xA0]
        return (1..<Int(IFNAMSIZ)).contains(bytes.count) && name != "." && name != ".."
            && !bytes.contains { refused.contains($0) }
    }

    static func check(_ name: String, for operation: NetlinkError.Operation) throws(NetlinkError) {
        guard isValid(name) else { throw NetlinkError(operation, name, .invalidName) }
    }
}
