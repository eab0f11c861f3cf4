/// Names as DNS knows them: what goes into the DHCP server's files must be one.
enum HostName {
    /// Labels of 1 to 63 letters, digits and inner hyphens, separated by dots; at most 253 characters (RFC 1123).
    static func isValid(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                    && label.allSatisfy { byte in
                        byte == hyphen || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                            || (0x61...0x7A).contains(byte)
                    }
            }
    }
}
