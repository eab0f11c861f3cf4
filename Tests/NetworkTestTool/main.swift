import FleetModel
import FoundationEssentials
import Glibc
import VirtualNetwork

// One operation on the networks of the network namespace that this process was started in, so that a test (whose own
// threads cannot change namespaces) can judge it: `network-test-tool STATE RUN INSTANCE OPERATION [ARGUMENT…]`, values
// as JSON on both sides.

func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}

func show(_ value: some Encodable) throws {
    let data = try JSONEncoder().encode(value)
    print(String(decoding: data, as: UTF8.self))
}

struct Observation: Encodable {
    var networks: [LiveNetwork]
    var leftovers: [Leftover]
    /// Bytes a second to and from the guest, by the tap's name; 0 for none.
    var limits: [String: [Int64]]
}

let arguments = CommandLine.arguments
let host = NetworkHost(
    layout: HostLayout(stateFolder: arguments[1], runFolder: arguments[2]),
    instance: InstanceID(parsing: arguments[3])!)
let operands = Array(arguments.dropFirst(5))

do {
    switch arguments[4] {
    case "observe":
        let (networks, leftovers, taps) = try await host.observe()
        try show(
            Observation(
                networks: networks, leftovers: leftovers,
                limits: taps.limits.mapValues { [$0.received ?? 0, $0.sent ?? 0] }))
    case "routes":
        try show(try host.routes())
    case "warnings":
        try show(try await host.warnings())
    case "ensure":
        try await host.ensure(decode(NetworkDefinition.self, operands[0]))
    case "rename":
        try await host.rename(decode(NetworkDefinition.self, operands[0]), to: Name(parsing: operands[1])!)
    case "remove":
        try await host.remove(decode(NetworkDefinition.self, operands[0]))
    case "reserve":
        let guest = try decode(GuestDefinition.self, operands[0])
        try await host.reserve(guest, hostname: operands[1])
        try await host.followReservations(of: guest.owner.fleet)
    case "release":
        let guest = try decode(GuestReference.self, operands[0])
        try await host.release(guest)
        try await host.followReservations(of: guest.fleet)
    case "answers":
        try show(try await host.answers(decode(NICSpec.self, operands[0])))
    case "removeLeftover":
        try await host.removeLeftover(decode(Leftover.self, operands[0]))
    case "renameTaps":
        try host.renameTaps(of: decode(GuestDefinition.self, operands[0]), to: Name(parsing: operands[1])!)
    case "moveTap":
        let guest = try decode(GuestDefinition.self, operands[0])
        try host.moveTap(guest: guest, nic: guest.spec.nics[0])
    case "limitTap":
        let guest = try decode(GuestDefinition.self, operands[0])
        try host.limitTap(guest: guest, nic: guest.spec.nics[0])
    case "forgetTap":
        let guest = try decode(GuestDefinition.self, operands[0])
        try host.forgetTap(guest: guest, nic: guest.spec.nics[0].name)
    case "holdTaps":
        // Until it is killed, as QEMU would.
        let guest = try decode(GuestDefinition.self, operands[0])
        for nic in guest.spec.nics {
            let descriptor = try host.openTap(guest: guest, nic: nic)
            guard fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0 else { fatalError("the descriptor would be inherited") }
        }
        if operands.contains("once") { exit(0) }
        while true { sleep(60) }
    default:
        fatalError("unknown operation \(arguments[4])")
    }
} catch {
    let text = Array("\(error)\n".utf8)
    write(STDERR_FILENO, text, text.count)
    exit(1)
}
