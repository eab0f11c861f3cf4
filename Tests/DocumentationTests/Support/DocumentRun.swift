import FoundationEssentials
import Glibc
import HostSystem
import Testing

/// A reader of a document, who types what it says: in a folder that looks like the project's, with the built lodge on
/// the PATH, as root on a host of its own, where other processes, networks and mounts are not to be seen. Everything is
/// gone after ``run(_:)``.
struct DocumentRun: Sendable {
    /// The longest that one block may take, in seconds.
    private static let patience = 300

    private let name: String
    private let folder: String
    private var work: String { "\(folder)/lodge" }
    /// The first process of the host's namespaces; when it ends, the kernel ends all others there.
    private let initProcess: Int32

    private init(name: String, initProcess: Int32) {
        self.name = name
        folder = "/tmp/\(name)"
        self.initProcess = initProcess
    }

    static func run(_ body: (DocumentRun) async throws -> Void) async throws {
        let name = "lodge-docs-\(String(UInt32.random(in: 0x10000...0xFFFFF), radix: 16))"
        let run = DocumentRun(name: name, initProcess: try await startHost())
        do {
            try run.furnish()
            try await body(run)
        } catch {
            await run.tearDown()
            throw error
        }
        await run.tearDown()
    }

    /// Makes namespaces in which `sleep` is process 1.
    private static func startHost() async throws -> Int32 {
        let script = #"""
            mkdir -p /run/netns
            unshare --net --mount --pid --fork --kill-child --mount-proc \
                sh -c "mount -t tmpfs tmpfs /run/netns && exec sleep infinity" </dev/null >/dev/null 2>&1 &
            child=
            for _ in $(seq 600); do
                # The file ends without a newline, for which read fails although it has read.
                { read -r child </proc/$!/task/$!/children || [ -n "$child" ]; } && break
                sleep 0.05
            done
            [ -n "$child" ] || { echo "unshare has started nothing" >&2; kill -KILL $! || true; exit 1; }
            # It is called sleep once the mount is made: /run/netns itself may be a mount point of the machine's.
            for _ in $(seq 600); do
                if [ "$(cat "/proc/$child/comm")" = sleep ]; then
                    nsenter --target "$child" --net ip link set lo up
                    echo "$child"
                    exit
                fi
                sleep 0.05
            done
            echo "no tmpfs was mounted on /run/netns in the new namespaces" >&2
            kill -KILL $! || true
            exit 1
            """#
        let output = try await Command.run("bash", ["-euc", script], package: "bash")
        return try #require(output.split(separator: "\n").last.flatMap { Int32($0) })
    }

    private func furnish() throws {
        try Files.makeFolder(folder)
        try Files.makeFolder(work)
        for entry in try Files.list(Project.root) where entry != ".build" && entry != ".git" {
            try FileManager.default.createSymbolicLink(
                atPath: "\(work)/\(entry)", withDestinationPath: "\(Project.root)/\(entry)")
        }
    }

    private func tearDown() async {
        // A document that passed has removed its demo; folders would stay of one that did not.
        _ = try? await shell("scripts/demo-clean")
        kill(initProcess, SIGKILL)
        try? Files.removeTree(folder)
    }

    /// Writes a file that the reader makes.
    func write(_ text: String, to file: String) throws {
        let path = "\(work)/\(file)"
        try FileManager.default.createDirectory(
            atPath: String(path[..<path.lastIndex(of: "/")!]), withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Types commands.
    ///
    /// - Returns: how they ended, with standard output and standard error in one text. A command that fails ends them.
    func shell(_ commands: String) async throws -> Command.Outcome {
        try await Command.outcome(
            of: "nsenter",
            [
                "--target", "\(initProcess)", "--net", "--mount", "--pid", "env", "--chdir=\(work)",
                "LODGE_STATE_DIR=\(folder)/state", "LODGE_RUN_DIR=\(folder)/run", "LODGE_DEMO=\(name)-demo",
                "LODGE_BIN=\(Project.program)",
                "PATH=\(Project.programFolder):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "timeout", "--kill-after=10", "\(Self.patience)", "bash", "-euo", "pipefail", "-c",
                "exec 2>&1\n\(commands)",
            ], package: "util-linux", limit: nil)
    }

    /// Passes through all blocks of a document, as docs/developing.md says.
    func follow(_ document: String) async throws {
        let blocks = CodeBlock.all(in: document)
        try #require(!blocks.isEmpty)
        var output: String?
        for block in blocks {
            let lastOutput = output
            output = nil
            switch block.language {
            case "sh" where block.text == "make test\n":
                let continuous = try #require(Files.text("\(Project.root)/.ci/run"))
                #expect(continuous.hasSuffix(" && exec make test\n"), ".ci/run is to be what line \(block.line) says")
            case "sh":
                let outcome = try await shell(block.text)
                try #require(outcome.exitCode == 0, "line \(block.line):\n\(block.text)\n\(outcome.output)")
                // What lasts long on a busy machine is mentioned every ten seconds.
                output = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { !$0.contains(": still at ") }.joined(separator: "\n")
            case "text":
                let lastOutput = try #require(lastOutput, "line \(block.line): no commands stand before this output")
                if let mismatch = ExpectedOutput(text: block.text).mismatch(with: lastOutput) {
                    Issue.record("line \(block.line): \(mismatch)\nThe whole output:\n\(lastOutput)")
                }
            default:
                let file = try #require(block.fileName, "line \(block.line): a block that nothing runs")
                try write(block.text, to: file)
            }
        }
    }
}
