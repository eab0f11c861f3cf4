import FleetModel

/// How the value of a field is read from its node.
struct ValueType<Value>: Sendable {
    /// Gives nil for what it has reported.
    let read: @Sendable (ValueReader, NodeIndex) -> Value?
}

extension ValueType where Value == String {
    /// Any text of at least one character.
    static var string: Self {
        Self { values, node in
            guard let text = values.string(node) else { return nil }
            guard !text.isEmpty else { return values.invalid(node, "empty", help: "write a text, or leave it out") }
            return text
        }
    }

    /// A text that `isValid` accepts.
    static func string(_ needed: String, help: String, where isValid: @escaping @Sendable (String) -> Bool) -> Self {
        Self { values, node in
            guard let text = values.string(node) else { return nil }
            guard isValid(text) else { return values.invalid(node, "no \(needed)", help: help) }
            return text
        }
    }
}

extension ValueType where Value == DataRate {
    /// An amount of data a second, within a range.
    static func rate(_ what: String, example: String, in range: ClosedRange<DataRate>) -> Self {
        Self { values, node in
            guard let text = values.text(node, needed: "a rate such as \(example)") else { return nil }
            guard let rate = DataRate(parsing: text) else {
                return values.invalid(
                    node, "no rate", help: "write a number and a unit: 100Mbit, 1Gbit, 200MB/s, 64MiB/s")
            }
            guard range.contains(rate) else {
                values.report(
                    .outOfRange, at: node, "\(quoted(text)) is out of range for \(what)",
                    help: "write a rate from \(range.lowerBound.inBytes) to \(range.upperBound.inBytes)")
                return nil
            }
            return rate
        }
    }
}

extension ValueType where Value == Bool {
    static var boolean: Self {
        Self { values, node in
            guard values.meaning(of: node) == .boolean else {
                return values.wrongType(node, needed: "true or false", help: "write it in lower case, without quotes")
            }
            return values.tree.withBytes(node) { $0.first == UInt8(ascii: "t") }
        }
    }
}

extension ValueType where Value == Int {
    /// A whole number in decimal, within a range.
    static func integer(_ what: String, in range: ClosedRange<Int>) -> Self {
        Self { values, node in
            guard values.meaning(of: node) == .integer else {
                return values.wrongType(node, needed: "a whole number", help: "write digits alone, without quotes")
            }
            guard let number = Int(values.tree.string(node)), range.contains(number) else {
                values.report(
                    .outOfRange, at: node, "\(quoted(values.tree.string(node))) is out of range for \(what)",
                    help: "write a decimal number from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return number
        }
    }
}

extension ValueType where Value == Double {
    /// A number, whole or with decimals, within a range.
    static func number(_ what: String, in range: ClosedRange<Double>) -> Self {
        Self { values, node in
            guard let meaning = values.meaning(of: node), meaning == .integer || meaning == .number else {
                return values.wrongType(node, needed: "a number", help: "write it like 1.5, without quotes")
            }
            guard let number = Double(values.tree.string(node)), range.contains(number) else {
                values.report(
                    .outOfRange, at: node, "\(quoted(values.tree.string(node))) is out of range for \(what)",
                    help: "write a number from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return number
        }
    }
}

extension ValueType where Value == ByteCount {
    static var byteCount: Self {
        Self { values, node in
            guard let text = values.text(node, needed: "an amount such as 512MiB") else { return nil }
            guard let amount = ByteCount(parsing: text) else {
                guard !text.hasPrefix("-") else {
                    return values.invalid(
                        node, "a negative amount", help: "write a positive number and a unit: 512MiB, 2GiB, 20G")
                }
                let isBare = values.meaning(of: node) == .integer
                return values.invalid(
                    node, isBare ? "an amount without a unit" : "no amount of memory or disk",
                    help: isBare
                        ? "write the unit: \(text)MiB or \(text)GiB" : "write a number and a unit: 512MiB, 2GiB, 20G")
            }
            return amount
        }
    }

    /// An amount within a range.
    static func byteCount(_ what: String, in range: ClosedRange<ByteCount>) -> Self {
        Self { values, node in
            guard let amount = byteCount.read(values, node) else { return nil }
            guard range.contains(amount) else {
                values.report(
                    .outOfRange, at: node, "\(amount) is out of range for \(what)",
                    help: "write an amount from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return amount
        }
    }
}

extension ValueType where Value == Timespan {
    /// A duration within a range.
    static func timespan(_ what: String, in range: ClosedRange<Timespan>) -> Self {
        Self { values, node in
            guard let text = values.text(node, needed: "a duration such as 30s") else { return nil }
            guard let span = Timespan(parsing: text) else {
                return values.invalid(node, "no duration", help: "write a number and a unit: 500ms, 30s, 5m, 1h, 7d")
            }
            guard range.contains(span) else {
                values.report(
                    .outOfRange, at: node, "\(span) is out of range for \(what)",
                    help: "write a duration from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return span
        }
    }
}

extension ValueType where Value == Name {
    static var name: Self {
        Self { values, node in
            guard let text = values.string(node).map(values.indexed) else { return nil }
            if let name = Name(parsing: text) { return name }
            values.reportInvalidName(text, at: node)
            return nil
        }
    }
}

extension ValueReader {
    func reportInvalidName(_ text: String, at node: NodeIndex) {
        let proposal = Name(parsing: text.lowercased().replacing("_", with: "-").replacing(".", with: "-"))
        report(
            .invalidName, at: node, "\(quoted(text)) is no valid name",
            help: text.contains(Self.indexMark)
                ? Self.indexHelp
                : "a name has lower-case letters, digits and inner hyphens, at most \(Name.maximumLength) of them"
                    + (proposal.map { ": write \($0)" } ?? ""))
    }
}

extension ValueType where Value: TextCoded {
    /// A value with a written form of its own, such as an address.
    static func parsed(_ needed: String, example: String) -> Self {
        Self { values, node in
            guard let text = values.text(node, needed: needed).map(values.indexed) else { return nil }
            if let value = Value(parsing: text) { return value }
            return values.invalid(node, "not \(needed)", help: "write it like \(example)", text: text)
        }
    }
}

extension ValueType where Value: RawRepresentable<String> & CaseIterable & Sendable, Value.AllCases == [Value] {
    /// One of a few words. Words of the contract that are not built yet are told apart from wrong ones.
    static func choice(notYet: [String] = []) -> Self {
        Self { values, node in
            if values.tree.kind(node) == .scalar, let value = Value(rawValue: values.tree.string(node)) { return value }
            let choices = Value.allCases.map(\.rawValue)
            guard let text = values.text(node, needed: "one of \(choices.joined(separator: ", "))") else { return nil }
            if notYet.contains(text) {
                values.report(
                    .notSupportedYet, at: node, "\(quoted(text)) is not supported yet",
                    help: "write one of: \(choices.joined(separator: ", "))")
                return nil
            }
            return values.invalid(
                node, "not one of: \(choices.joined(separator: ", "))",
                help: suggestion(for: text, among: choices).map { "did you mean \"\($0)\"?" }
                    ?? "write one of: \(choices.joined(separator: ", "))")
        }
    }
}
