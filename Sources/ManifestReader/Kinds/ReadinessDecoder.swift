import FleetModel

/// Reads a guest's `ready`.
struct ReadinessDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    private static let timeout = ValueType.timespan("getting ready", in: .seconds(1)...Timespan.seconds(86_400))
    private static let help = "write one of: started, address, tcp:PORT, agent, console:\"text\""

    /// Nil where it is reported.
    func read(_ guest: MappingReader<GuestField>) -> Readiness? {
        guard guest.node(.ready) != nil else { return Readiness() }
        guard let fields = guest.mapping(.ready, GuestReadyField.self) else { return nil }
        values.addOrigins(of: fields, under: "ready")
        let condition = fields.value(.when, as: Self.condition, default: .started)
        let timeout = fields.value(.timeout, as: Self.timeout, default: .seconds(120))
        guard let condition, let timeout else { return nil }
        return Readiness(condition, timeout: timeout)
    }

    private static let condition = ValueType<Readiness.Condition> { values, node in read(node, values) }

    private static func read(_ node: NodeIndex, _ values: ValueReader) -> Readiness.Condition? {
        guard let text = values.string(node) else { return nil }
        switch text {
        case "started": return .started
        case "address": return .address
        case "agent": return .agent
        default: break
        }
        if text.hasPrefix("tcp:") {
            let digits = text.dropFirst("tcp:".count)
            guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits), port > 0 else {
                return values.invalid(node, "no TCP port", help: "write a port from 1 to 65535, such as tcp:22")
            }
            return .tcp(port: port)
        }
        if text.hasPrefix("console:") {
            var shown = text.dropFirst("console:".count)
            if shown.count >= 2, shown.first == "\"", shown.last == "\"" { shown = shown.dropFirst().dropLast() }
            guard !shown.isEmpty, !shown.unicodeScalars.contains(where: isControl) else {
                return values.invalid(
                    node, "no text to wait for", help: "write a part of one line of the console: console:\"login:\"")
            }
            return .console(text: String(shown))
        }
        return values.invalid(
            node, "no condition",
            help: suggestion(for: text, among: ["started", "address", "agent"]).map { "did you mean \"\($0)\"?" }
                ?? help)
    }
}
