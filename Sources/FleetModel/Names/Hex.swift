/// The value of a hexadecimal digit, in either case, or nil.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

/// Lower-case hexadecimal text of the bytes.
func hexText(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
        text.append(hexDigitText(byte >> 4))
        text.append(hexDigitText(byte & 15))
    }
    return String(decoding: text, as: UTF8.self)
}

/// The digit's ASCII code: `0` to `9`, `a` to `f`.
private func hexDigitText(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

/// True where the text is exactly `count` lower-case hexadecimal digits.
func isLowerHex(_ text: String, count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { hexDigit($0) != nil && !($0 >= 0x41 && $0 <= 0x46) }
}
