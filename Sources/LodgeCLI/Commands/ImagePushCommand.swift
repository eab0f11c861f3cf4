import ArgumentParser
import FleetModel
import FoundationEssentials
import Reconciler

struct ImagePushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Sends images of the manifests to the hosts' caches, for hosts that reach no web.",
        discussion: """
            This machine reads or downloads each image, and sends it as it is; the host checks digest, format and size \
            before it takes it. What an apply wants then lies there. A download that is cut off goes on where it was: it \
            is kept in $XDG_CACHE_HOME/lodge until the image is at its hosts.
            """)

    @Argument(help: ArgumentHelp("Images of the manifests; without any, all.", valueName: "image")) var names:
        [String] = []
    @Option(name: .customLong("host"), help: ArgumentHelp("Only to this host. Repeatable.", valueName: "host"))
    var hostNames: [String] = []
    @OptionGroup var manifests: ManifestOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var lock: LockOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let desired = try manifests.read()
        let images = try select(desired)
        let hosts = try selectHosts(desired)
        let push = ImagePush(
            images: images, fleet: desired, folder: cacheFolder, lockTimeout: lock.timeout, format: output.format)
        let stop = StopRequest()
        let interruption = Interruption(stop)
        defer { withExtendedLifetime(interruption) {} }
        let code = await withConnections(to: hosts, layout: host.layout) { connections in
            await untilStopped(stop) { await push.run(connections) }
        }
        if code != .success { throw code }
    }

    private func select(_ fleet: DesiredFleet) throws -> [DesiredImage] {
        guard !names.isEmpty else { return fleet.images }
        return try names.map { name in
            let text = name.hasPrefix("image.") ? String(name.dropFirst(6)) : name
            guard let image = fleet.images.first(where: { $0.name.text == text }) else {
                let meant =
                    suggestion(for: text, among: fleet.images.map(\.name.text)).map { "; did you mean \($0)?" } ?? ""
                throw Terminal.fail("there is no image \(text) in the manifests\(meant)")
            }
            return image
        }
    }

    private func selectHosts(_ fleet: DesiredFleet) throws -> [DesiredHost] {
        for name in hostNames where !fleet.hosts.contains(where: { $0.name.text == name }) {
            throw Terminal.fail("there is no host \(name) in the manifests")
        }
        return fleet.hosts.filter { hostNames.isEmpty || hostNames.contains($0.name.text) }
    }

    /// Nil: the environment names none.
    private var cacheFolder: String? {
        userFolder("XDG_CACHE_HOME", else: ".cache", ProcessInfo.processInfo.environment)
    }
}
