/// A decimal number and the unit behind it, as a manifest writes both: `1.5GiB`, `30s`.
struct Quantity {
    /// All digits of the number, the decimal point left out.
    let digits: Int64
    /// How many of `digits` stand behind the decimal point; at most 6.
    let decimals: Int
    let unit: String

    init?(parsing text: String) {
        var digits: Int64 = 0
        var decimals = 0
        var count = 0
        var point = false
        var end = text.utf8.startIndex
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            end = index
            if byte == UInt8(ascii: "."), !point, count > 0 {
                point = true
            } else if byte >= 0x30, byte <= 0x39 {
                let (tenfold, overflow) = digits.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tenfold.addingReportingOverflow(Int64(byte - 0x30))
                guard !overflow, !carry else { return nil }
                digits = sum
                count += 1
                if point { decimals += 1 }
            } else {
                break
            }
        }
        guard count > 0, decimals <= 6, end < text.utf8.endIndex else { return nil }
        guard !point || decimals > 0 else { return nil }
        self.digits = digits
        self.decimals = decimals
        self.unit = String(text[end...])
        guard !unit.isEmpty, unit.utf8.allSatisfy({ $0 > 0x40 }) else { return nil }
    }

    /// The value in units of 1, or nil where that is no whole number or too large for 64 bits.
    func scaled(by factor: Int64) -> Int64? {
        let (product, overflow) = digits.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        var divisor: Int64 = 1
        for _ in 0..<decimals { divisor *= 10 }
        return product % divisor == 0 ? product / divisor : nil
    }
}
