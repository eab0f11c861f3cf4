/// `{index}` in the template of a set of guests: the number of each of them, in names and addresses.
extension ValueReader {
    static let indexMark = "{index}"
    static let indexHelp = "{index} stands for a guest's number in names, host names and addresses of a GuestSet alone"

    /// The text with the number in place of each `{index}`; unchanged where no set is read.
    func indexed(_ text: String) -> String {
        guard let guestIndex, text.utf8.contains(UInt8(ascii: "{")), text.contains(Self.indexMark) else { return text }
        hasSubstitutedIndex = true
        return text.replacing(Self.indexMark, with: "\(guestIndex)")
    }

    /// Warns about `{index}` in a text that reaches the guests of a set as it is. Profiles by themselves are read without
    /// origins: no set may have them.
    func checkForIndex(_ text: String, at node: NodeIndex, in field: String) {
        guard guestIndex != nil, origins != nil, text.contains(Self.indexMark) else { return }
        report(
            .unsubstitutedIndex, at: node, "{index} in \(field) reaches every guest of the set as it is written",
            help: "the guest knows its own name: a script can take the number from its host name", severity: .warning)
    }
}
