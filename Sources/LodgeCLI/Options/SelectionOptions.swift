import ArgumentParser
import FleetModel
import Planner

/// Which part of the fleet a command deals with.
struct SelectionOptions: ParsableArguments {
    @Option(
        name: .customLong("target"),
        help: ArgumentHelp(
            "Deal with this object and what it needs alone, such as guest.web-1. Repeatable.", valueName: "address"),
        transform: readAddress)
    var targets: [ResourceAddress] = []

    @Option(
        name: .customLong("exclude"),
        help: ArgumentHelp("Leave this object and what needs it as they are. Repeatable.", valueName: "address"),
        transform: readAddress)
    var excludes: [ResourceAddress] = []

    var isEmpty: Bool { targets.isEmpty && excludes.isEmpty }

    /// As they are written on a command line.
    var arguments: [String] {
        targets.map { "--target \($0)" } + excludes.map { "--exclude \($0)" }
    }
}

/// How much a command may do to a guest.
struct ImpactOptions: ParsableArguments {
    @Option(
        name: .customLong("max-impact"),
        help: ArgumentHelp("Refuse a plan that does more than this to any guest.", valueName: "impact"))
    var limit: Impact?

    var arguments: [String] { limit.map { ["--max-impact \($0.rawValue)"] } ?? [] }
}

extension Impact: ExpressibleByArgument {}

/// Guests that are made anew.
struct ReplaceOptions: ParsableArguments {
    @Option(
        name: .customLong("replace"),
        help: ArgumentHelp(
            "Give this guest a new root disk though nothing asks for it. Repeatable.", valueName: "address"),
        transform: readGuestAddress)
    var guests: [ResourceAddress] = []

    var arguments: [String] { guests.map { "--replace \($0)" } }
}

/// An address of something that a plan can change, or of a host for all that is on it.
private func readAddress(_ text: String) throws -> ResourceAddress {
    let kinds: [Kind] = [.guest, .network, .image, .host, .leftover]
    if text.lowercased().hasPrefix("guestset.") {
        throw ValidationError("The guests of a set are named one by one: guest.web-0, guest.web-1.")
    }
    guard let address = ResourceAddress(parsing: text), kinds.contains(address.kind) else {
        throw ValidationError("An address is KIND.NAME, such as guest.web-1, network.lan, image.debian or host.local.")
    }
    return address
}

private func readGuestAddress(_ text: String) throws -> ResourceAddress {
    let address = try readAddress(text)
    guard address.kind == .guest else { throw ValidationError("Only guests can be made anew, such as guest.web-1.") }
    return address
}
