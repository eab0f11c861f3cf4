import ArgumentParser
import FleetModel
import FoundationEssentials
import Glibc
import HostAgent
import Reconciler

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Runs a program in a guest, through its QEMU guest agent.",
        usage: "lodge exec <guest> [<options>] -- <program> [<argument> …]",
        discussion: "The program's exit code becomes lodge's, 128 and its number where a signal ended it. What it "
            + "wrote is shown when it has ended; the agent keeps 16 MiB of each stream. There is no shell in between: "
            + "-- sh -c '…' is one. Ctrl-C ends the wait, not the program.")

    /// Bytes of standard input that go along with a request.
    private static let inputLimit = 512 << 10

    @OptionGroup var guest: GuestOptions

    @Flag(
        name: [.customShort("i"), .customLong("stdin")],
        help: "Give the program lodge's standard input, which is read to its end first: at most 512 KiB.")
    var takesInput = false

    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("Name the program after --, such as: -- uname -a") }
    }

    func run() async throws {
        var input: String?
        if takesInput {
            guard let bytes = Self.readInput() else {
                throw ValidationError("Standard input has more than 512 KiB: lodge copy takes files of any size.")
            }
            input = bytes.base64EncodedString()
        }
        let search = try guest.search()
        let (command, stop) = (command, StopRequest())
        let interruption = Interruption(stop)
        defer { withExtendedLifetime(interruption) {} }
        let code = await search.run("run a program") { [input] found, session in
            guard found.guest.hasProcess else { return notRunning(found) }
            return await untilStopped(stop) {
                do throws(HostError) {
                    return show(try await session.execute(command, input: input, in: found.reference))
                } catch {
                    return error.kind == .cancelled ? .interrupted : Terminal.fail(inLines(error.text))
                }
            }
        }
        guard code == .success else { throw code }
    }

    /// Nil where it is too long.
    private static func readInput() -> Data? {
        var bytes = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= inputLimit {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
        return nil
    }
}

private func show(_ result: GuestExecResult) -> ExitCode {
    for (text, terminal) in [(result.output, Terminal.output), (result.errors, Terminal.errors)] {
        guard let text else { continue }
        guard let bytes = Data(base64Encoded: text) else {
            return Terminal.fail("the guest's agent sent output that is no base64")
        }
        _ = GuestText(terminal).write(Array(bytes))
    }
    if result.isTruncated {
        Terminal.errors.write(
            "lodge: the program wrote more than the guest's agent keeps (16 MiB): the end is cut off\n")
    }
    return ExitCode(result.exitCode)
}
