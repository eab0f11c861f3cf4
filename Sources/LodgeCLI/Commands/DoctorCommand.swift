import ArgumentParser
import FleetModel
import HostAgent

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks whether each host has what it needs, and says how to mend it.")

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var reports: [(name: Name, checks: [HostCheck])] = []
        for host in try manifests.hosts() { reports.append((host.name, await examine(host))) }
        switch output.format {
        case .text:
            for report in reports {
                Terminal.output.write(renderChecks(report.checks, of: report.name, style: output.style))
            }
        case .json:
            let values = Dictionary(uniqueKeysWithValues: reports.map { ($0.name, $0.checks) })
            Terminal.output.write(String(decoding: CanonicalJSON.bytes(of: values), as: UTF8.self) + "\n")
        }
        if reports.contains(where: { $0.checks.contains { $0.verdict == .bad } }) { throw ExitCode.failed }
    }

    private func examine(_ host: DesiredHost) async -> [HostCheck] {
        guard host.connection == .local else { return [HostCheck("host", .good, "simulated: it needs nothing")] }
        do throws(HostError) {
            let agent = try AgentCommand(local: host.name, layout: self.host.layout, privilege: host.privilege)
            let result = try await agent.withSession { session -> Result<[HostCheck], HostError> in
                do throws(HostError) { return .success(try await session.examine()) } catch { return .failure(error) }
            }
            return try result.get()
        } catch {
            return [HostCheck("agent", .bad, error.text)]
        }
    }
}
