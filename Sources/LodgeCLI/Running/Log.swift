/// What `-v` shows on standard error: what is done, and how long it takes.
struct Log: Sendable {
    let isOn: Bool
    private let start = ContinuousClock.now

    init(isOn: Bool) { self.isOn = isOn }

    func callAsFunction(_ text: @autoclosure () -> String) {
        guard isOn else { return }
        Terminal.errors.write("[\(start.duration(to: .now).seconds)] \(text())\n")
    }
}

extension Duration {
    /// Seconds with one decimal, such as `3.4s`; minutes from 100 s on.
    var seconds: String {
        let tenths = (components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000) / 100
        return tenths < 1_000
            ? "\(tenths / 10).\(tenths % 10)s" : "\(tenths / 600)m\(tenths / 10 % 60)s"
    }
}
