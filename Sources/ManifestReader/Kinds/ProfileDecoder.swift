import FleetModel

/// Reads documents of kind `Profile`.
struct ProfileDecoder {
    private let values: ValueReader
    private let guests: GuestDecoder

    init(_ values: ValueReader, _ guests: GuestDecoder) {
        self.values = values
        self.guests = guests
    }

    /// Reports what is wrong with the profile by itself, so that it is seen with no guest that has it.
    func read(_ header: DocumentHeader, into declarations: inout Declarations, _ scratch: inout Declarations) {
        if let spec = header.spec { guests.check(spec, of: "a profile", &scratch) }
        guard let name = header.name, declarations.profiles[name] == nil else { return }
        declarations.profiles[name] = Declarations.Profile(
            spec: header.spec, size: header.spec.map { values.tree.expandedSize($0) } ?? 0)
    }
}
