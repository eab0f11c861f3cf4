/// Where all encoders of one value write to.
final class Output {
    // One value: each call then takes one check of exclusive access.
    var text = JSONText()

    /// Writes a whole value, and ends what it opened.
    func write(_ value: some Encodable) throws {
        let (depth, start) = (text.depth, text.bytes.count)
        try value.encode(to: ValueEncoder(output: self, depth: depth))
        text.end(downTo: depth)
        // Nothing at all is an object without members, as Foundation has it.
        if text.bytes.count == start { text.object() }
    }
}
