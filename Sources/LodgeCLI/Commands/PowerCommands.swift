import ArgumentParser
import FleetModel

/// How long a guest may take to power off, where not its manifest is to decide.
struct GraceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long the guest may take to power off, such as 30s, before it is turned off; without it: "
                + "stop.graceful of its manifest.", valueName: "time"))
    var graceful: Timespan?

    @Flag(help: "Turn the guest off at once, without asking it.")
    var force = false

    /// Nil: as its definition says.
    var grace: Timespan? { force ? .seconds(0) : graceful }

    func validate() throws {
        guard !force || graceful == nil else {
            throw ValidationError("--force turns the guest off at once: --graceful does not go with it.")
        }
    }
}

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Starts a guest that is off.",
        discussion: "Returns once its processors execute. The host checks first that it has the memory. To the next "
            + "plan, a guest that its manifest wants stopped is drift.")

    @OptionGroup var guest: GuestOptions
    @OptionGroup var lock: LockOptions
    @OptionGroup var colour: ColourOptions

    func run() async throws {
        try await runPower(.start, guest, lock, colour)
    }
}

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stops a guest: presses its power button, waits, turns it off.",
        discussion: "To the next plan, a guest that its manifest wants running is drift, and an apply starts it again.")

    @OptionGroup var guest: GuestOptions
    @OptionGroup var grace: GraceOptions
    @OptionGroup var lock: LockOptions
    @OptionGroup var colour: ColourOptions

    func run() async throws {
        try await runPower(.stop(grace: grace.grace), guest, lock, colour)
    }
}

struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Stops a guest, and starts it with its present definition.",
        discussion: "What waited for a restart takes effect. A guest that is off is started; one that would not fit "
            + "any more is left running.")

    @OptionGroup var guest: GuestOptions
    @OptionGroup var grace: GraceOptions
    @OptionGroup var lock: LockOptions
    @OptionGroup var colour: ColourOptions

    func run() async throws {
        try await runPower(.restart(grace: grace.grace), guest, lock, colour)
    }
}

private func runPower(
    _ wish: PowerWish, _ guest: GuestOptions, _ lock: LockOptions, _ colour: ColourOptions
) async throws {
    let run = PowerRun(wish: wish, search: try guest.search(), lockTimeout: lock.timeout, style: colour.style)
    let code = await run.run()
    guard code == .success else { throw code }
}
