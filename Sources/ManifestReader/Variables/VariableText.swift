/// Texts with variables in them: `${NAME}` stands for a value, `$${` for `${`.
enum VariableText {
    /// What is wrong with one `${…}`.
    struct Fault {
        enum Reason {
            case undefined(name: String)
            /// No name, or no closing brace.
            case malformed
        }

        let reason: Reason
        /// As the manifest has it, its end left out where it is long.
        let text: String
    }

    struct Result {
        var faults: [Fault] = []
        /// True: nothing more was appended once the limit was reached.
        var isTooLong = false
    }

    private static let dollar = UInt8(ascii: "$")
    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")

    /// More of what is wrong is of no use to a reader.
    private static let shownLength = 64

    static func mayHaveVariables(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 2 else { return false }
        for index in 0..<(bytes.count - 1) where bytes[index] == dollar && bytes[index + 1] == open { return true }
        return false
    }

    /// Appends the bytes with the variables' values, which are not searched for variables again.
    ///
    /// - Parameter limit: how many bytes are appended at most.
    static func substitute(
        _ bytes: UnsafeBufferPointer<UInt8>, _ variables: VariableTable, into text: inout ContiguousArray<UInt8>,
        limit: Int
    ) -> Result {
        var result = Result()
        let end = text.count + limit
        var index = 0
        func has(_ offset: Int, _ byte: UInt8) -> Bool {
            index + offset < bytes.count && bytes[index + offset] == byte
        }
        while index < bytes.count {
            guard text.count <= end else {
                result.isTooLong = true
                return result
            }
            if has(0, dollar), has(1, dollar), has(2, open) {
                text.append(dollar)
                text.append(open)
                index += 3
            } else if has(0, dollar), has(1, open) {
                let length = variable(bytes, at: index, variables, into: &text, &result.faults)
                index += length
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        result.isTooLong = text.count > end
        return result
    }

    /// - Returns: the bytes that the variable takes in the source.
    private static func variable(
        _ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ variables: VariableTable,
        into text: inout ContiguousArray<UInt8>, _ faults: inout [Fault]
    ) -> Int {
        var index = start + 2
        while index < bytes.count, isNameByte(bytes[index]) { index += 1 }
        let name = String(decoding: bytes[(start + 2)..<index], as: UTF8.self)
        guard index < bytes.count, bytes[index] == close, isName(name) else {
            // Up to the brace that was to close it, if that is near.
            let near = bytes[start..<min(bytes.count, start + shownLength)].prefix { $0 != UInt8(ascii: "\n") }
            let stop = near.firstIndex(of: close).map { $0 + 1 } ?? min(index + 1, near.endIndex)
            faults.append(Fault(reason: .malformed, text: String(decoding: bytes[start..<stop], as: UTF8.self)))
            return max(stop - start, 2)
        }
        if let value = variables.value(of: name) {
            text.append(contentsOf: value)
        } else {
            faults.append(Fault(reason: .undefined(name: name), text: "${\(name)}"))
        }
        return index + 1 - start
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }

    /// A letter or `_`, then letters, digits and `_`, as in a shell; at most 128.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return !(first >= 0x30 && first <= 0x39) && text.utf8.allSatisfy(isNameByte)
    }
}
