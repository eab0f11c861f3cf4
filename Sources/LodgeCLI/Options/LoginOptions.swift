import ArgumentParser

/// How to get into a guest where its manifest does not say it, or says something else.
struct LoginOptions: ParsableArguments {
    @Option(
        name: [.customShort("l"), .long],
        help: ArgumentHelp("Log in as this user; without: the first of the manifest's.", valueName: "name"))
    var user: String?

    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp("The private key to use.", valueName: "path"))
    var identity: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The port of the guest's sshd.", valueName: "number"))
    var port: UInt16?

    @Option(help: ArgumentHelp("Connect to this NIC's address; without: the first one's.", valueName: "name"))
    var nic: String?

    @Option(
        name: [.customShort("o"), .customLong("option")],
        help: ArgumentHelp("An option of ssh, such as “LocalForward=8080 localhost:80”.", valueName: "option"))
    var options: [String] = []

    @Flag(help: "Ask the guest for its host key again, whatever its console shows.")
    var learn = false

    @Flag(help: "Where the guest does not tell its host key: take the first one that is shown, and pin it.")
    var acceptNew = false

    @Flag(
        name: .customLong("config"),
        help: "Print the settings for ssh's configuration instead, for scp, rsync and others.")
    var printsConfiguration = false
}
