import ArgumentParser

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Reads manifests and reports every problem; touches no host.")

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let reading = manifests.validated()
        let errors = reading.diagnostics.count { $0.severity == .error }
        switch output.format {
        case .text:
            let report = renderDiagnostics(reading.diagnostics, style: output.style)
            Terminal.output.write(report.isEmpty ? "" : report + "\n")
            Terminal.output.write(
                errors == 0 ? "The manifests are valid.\n" : "\(counted(errors, "error")) in the manifests.\n")
        case .json: Terminal.output.write(renderDiagnosticsJSON(reading.diagnostics))
        }
        if errors > 0 { throw ExitCode.failed }
    }
}
