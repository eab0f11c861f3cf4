extension [UInt8] {
    /// The memory of an integer, or of a C structure of integers without gaps.
    init(memoryOf value: some BitwiseCopyable) {
        self = Swift.withUnsafeBytes(of: value) { Array($0) }
    }

    mutating func append(memoryOf value: some BitwiseCopyable) {
        Swift.withUnsafeBytes(of: value) { append(contentsOf: $0) }
    }

    mutating func pad(by count: Int) {
        append(contentsOf: repeatElement(0, count: count))
    }
}
