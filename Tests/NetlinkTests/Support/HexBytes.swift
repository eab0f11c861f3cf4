/// The bytes of hexadecimal text, in which `#` begins a note that lasts to the end of the line.
func hexBytes(_ text: String) -> [UInt8] {
    text.split(separator: "\n").flatMap { line in
        line.prefix { $0 != "#" }.split(separator: " ").map { digits in
            guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else {
                fatalError("not two hexadecimal digits: \(digits)")
            }
            return byte
        }
    }
}
