import ArgumentParser
import FleetModel
import ManifestReader

/// Which manifests a command reads.
struct ManifestOptions: ParsableArguments {
    @Option(
        name: [.short, .customLong("file")],
        help: ArgumentHelp(
            "A manifest, a folder of them (every *.yaml and *.yml below it), or - for standard input. Repeatable.",
            valueName: "path"))
    var files: [String] = []

    @OptionGroup var variables: VariableOptions

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("Name the manifests with -f PATH.") }
        guard files.count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("Standard input (-f -) can be read once.")
        }
    }

    /// Reads the manifests; prints what is to be said about them on standard error.
    ///
    /// - Throws: exit code 1 where anything is wrong with them.
    func read() throws -> DesiredFleet { try readFleet(files, variables) }

    /// Reads the manifests, which may have no fleet.
    func validated() -> ManifestReading {
        readManifests(files.map(ManifestSource.init(argument:)), values: variables.sources, requireFleet: false)
    }
}

/// The same for commands that do without: then the host that they are about is this machine, and the fleets are
/// those that it holds.
struct OptionalManifestOptions: ParsableArguments {
    @Option(
        name: [.short, .customLong("file")], help: optionalManifestsHelp)
    var files: [String] = []

    @OptionGroup var variables: VariableOptions

    func read() throws -> DesiredFleet? { files.isEmpty ? nil : try readFleet(files, variables) }
}

/// The same for commands whose `-f` means something else.
struct LongManifestOptions: ParsableArguments {
    @Option(
        name: .customLong("file"), help: optionalManifestsHelp)
    var files: [String] = []

    @OptionGroup var variables: VariableOptions

    func read() throws -> DesiredFleet? { files.isEmpty ? nil : try readFleet(files, variables) }
}

private let optionalManifestsHelp = ArgumentHelp(
    "Manifests that name the hosts and the fleet; without them: this machine, and every fleet on it.", valueName: "path"
)

private func readFleet(_ files: [String], _ variables: VariableOptions) throws -> DesiredFleet {
    let reading = readManifests(
        files.map(ManifestSource.init(argument:)), values: variables.sources, requireFleet: true)
    Terminal.errors.write(renderDiagnostics(reading.diagnostics, style: Terminal.errors.style))
    guard let fleet = reading.fleet else { throw ExitCode.failed }
    return fleet
}
