import ArgumentParser
import FleetModel
import HostAgent
import Reconciler

/// A guest on its host, as a session with the host has just found it.
struct FoundGuest: Sendable {
    var host: DesiredHost
    var session: any HostSession
    var live: LiveHost
    var guest: LiveGuest

    var reference: GuestReference { guest.definition.reference }
    var address: ResourceAddress { ResourceAddress(.guest, guest.definition.name) }
}

/// Looks for a guest on the hosts of the manifests, or without any on this machine.
struct GuestSearch: Sendable {
    /// As it was typed.
    let wanted: String
    let declared: DesiredFleet?
    let layout: HostLayout

    private var hosts: [DesiredHost] { declared?.hosts ?? [.local] }

    /// Finds the guest, and runs `body` with it. Where there is no such guest, says why, and which there are.
    ///
    /// - Returns: the exit code.
    func run(_ body: @escaping @Sendable (FoundGuest) async -> ExitCode) async -> ExitCode {
        await withConnections(to: hosts, layout: layout) { connections in
            let observations = await observe(connections)
            do throws(UnknownGuest) {
                let (host, live, guest) = try findGuest(wanted, declared: declared, in: observations)
                guard case .success(let session) = connections[host],
                    let declaration = hosts.first(where: { $0.name == host })
                else { throw UnknownGuest(.error("host-unreachable", "there is no connection with host \(host)")) }
                return await body(FoundGuest(host: declaration, session: session, live: live, guest: guest))
            } catch {
                Terminal.errors.write(
                    renderDiagnostics(inOrder(observations.unreachable) + [error.why], style: Terminal.errors.style))
                return .failed
            }
        }
    }

    /// The same for what simulated guests do not have: `body` gets the session with the agent of the guest's host.
    ///
    /// - Parameter attempt: such as `show the console of guest web-1`, for the error.
    func run(
        _ attempt: String, _ body: @escaping @Sendable (FoundGuest, AgentSession) async -> ExitCode
    ) async -> ExitCode {
        await run { found in
            guard let session = found.session as? AgentSession else {
                return Terminal.fail(
                    "cannot \(attempt): guest \(found.guest.definition.name) is on the simulated host "
                        + "\(found.host.name), and nothing of it runs")
            }
            return await body(found, session)
        }
    }
}

/// Why no guest is the one that was meant.
struct UnknownGuest: Error {
    let why: Diagnostic
    init(_ why: Diagnostic) { self.why = why }
}

/// The guest that was typed: a name, an address such as `guest.web-1`, or `FLEET/NAME`.
///
/// - Parameter declared: where there are manifests: names without a fleet are of theirs.
func findGuest(
    _ wanted: String, declared: DesiredFleet?, in observations: [Name: HostObservation]
) throws(UnknownGuest) -> (host: Name, live: LiveHost, guest: LiveGuest) {
    var all: [(host: Name, live: LiveHost, guest: LiveGuest)] = []
    for (host, observation) in observations.sorted(by: { $0.key < $1.key }) {
        guard case .observed(let live) = observation else { continue }
        for guest in live.guests { all.append((host, live, guest)) }
    }
    let name = wanted.hasPrefix("guest.") ? String(wanted.dropFirst(6)) : wanted
    let own = all.filter { declared == nil || $0.guest.definition.owner.fleet == declared?.name }
    var found = own.filter { $0.guest.definition.name.text == name }
    if wanted.contains("/") { found = all.filter { $0.guest.definition.fullName == wanted } }
    guard let first = found.first else {
        throw UnknownGuest(unknown(name, declared, candidates: (wanted.contains("/") ? all : own).map(\.guest)))
    }
    guard found.count == 1 else {
        let places = found.map { "\($0.guest.definition.fullName) on host \($0.host)" }.joined(separator: ", ")
        throw UnknownGuest(
            .error(
                "guest-ambiguous", "\(wanted) is more than one guest: \(places)",
                help: "say which: FLEET/NAME, or -f with the manifests of one fleet"))
    }
    return first
}

private func unknown(_ name: String, _ declared: DesiredFleet?, candidates: [LiveGuest]) -> Diagnostic {
    if let declared, declared.guests.contains(where: { $0.name.text == name }) {
        return .error(
            "guest-unknown", "guest \(name) is in the manifests, but on no host yet", help: "lodge apply makes it")
    }
    let isQualified = name.contains("/")
    let names = candidates.map { isQualified ? $0.definition.fullName : $0.definition.name.text }
    let meant = suggestion(for: name, among: names).map { "did you mean \($0)?" }
    var listed = names.prefix(20).joined(separator: ", ")
    if names.count > 20 { listed += " and \(names.count - 20) more" }
    return .error(
        "guest-unknown", "there is no guest \(name)",
        detail: names.isEmpty ? "no guest is on the hosts that were observed" : "there are: \(listed)", help: meant)
}

extension GuestDefinition {
    /// `FLEET/NAME`.
    var fullName: String { "\(owner.fleet)/\(name)" }
}
