/// Whether text is coloured: decided once, where output begins.
public struct TextStyle: Sendable {
    /// What a piece of text is, as far as colour shows it.
    enum Tone: String {
        // SGR parameters of ECMA-48.
        case plain = ""
        case bold = "1"
        case faint = "2"
        case removed = "31"
        case added = "32"
        case changed = "33"
        case link = "34"
        case error = "1;31"
        case warning = "1;33"
    }

    public static let plain = TextStyle(isColoured: false)

    public let isColoured: Bool

    public init(isColoured: Bool) { self.isColoured = isColoured }

    func paint(_ text: String, _ tone: Tone) -> String {
        isColoured && tone != .plain && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }
}
