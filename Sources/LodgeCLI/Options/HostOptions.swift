import ArgumentParser
import FleetModel
import FoundationEssentials

/// Where a host keeps what is Lodge's.
struct HostOptions: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp("Where definitions, disks and images are kept (LODGE_STATE_DIR).", valueName: "dir"))
    var stateFolder: String?

    @Option(
        name: .customLong("run-dir"),
        help: ArgumentHelp("Where sockets and locks are (LODGE_RUN_DIR).", valueName: "dir"))
    var runFolder: String?

    @Flag(name: .shortAndLong, help: "Log on standard error what is done, and how long it takes.")
    var verbose = false

    /// The flag first, then the environment, then the default; relative paths start at the working directory.
    var layout: HostLayout {
        let environment = ProcessInfo.processInfo.environment
        return HostLayout(
            stateFolder: absolute(stateFolder ?? environment["LODGE_STATE_DIR"] ?? HostLayout.defaultStateFolder),
            runFolder: absolute(runFolder ?? environment["LODGE_RUN_DIR"] ?? HostLayout.defaultRunFolder))
    }

    private func absolute(_ path: String) -> String {
        var path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    var log: Log { Log(isOn: verbose) }
}
