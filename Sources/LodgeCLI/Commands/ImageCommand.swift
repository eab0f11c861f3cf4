import ArgumentParser
import FleetModel
import Reconciler

/// The images in hosts' caches.
struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Lists, removes and sends images in the hosts' caches.",
        subcommands: [ImageListCommand.self, ImagePruneCommand.self, ImagePushCommand.self])
}

struct ImageListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The files in each host's cache: who claims them, and what they take.",
        discussion: "Kernels and firmware images are listed too, and what was fetched in part.")

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = await withConnections(to: try manifests.hosts(), layout: host.layout) { await CacheView($0) }
        switch output.format {
        case .text: Terminal.output.write(renderCache(view, style: output.style))
        case .json: Terminal.output.write(renderCacheJSON(view))
        }
        switch view.reportFailures() {
        case .none: break
        case .some: throw ExitCode.partial
        case .all: throw ExitCode.failed
        }
    }
}

extension OptionalManifestOptions {
    /// The hosts of the manifests, or without any this machine.
    func hosts() throws -> [DesiredHost] { try read()?.hosts ?? [.local] }
}
