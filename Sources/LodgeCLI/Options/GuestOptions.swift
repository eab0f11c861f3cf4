import ArgumentParser
import FleetModel

/// The guest that a command is about.
struct GuestOptions: ParsableArguments {
    @Argument(help: "The guest: NAME, or FLEET/NAME where several fleets have one of that name.")
    var guest: String

    @OptionGroup var manifests: OptionalManifestOptions
    @OptionGroup var host: HostOptions

    /// Reads the manifests, where some are named.
    ///
    /// - Throws: exit code 1 where anything is wrong with them.
    func search() throws -> GuestSearch {
        GuestSearch(wanted: guest, declared: try manifests.read(), layout: host.layout)
    }
}
