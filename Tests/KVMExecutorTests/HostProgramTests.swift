import FleetModel
import TestSupport
import Testing

@testable import HostSystem
@testable import KVMExecutor

/// The console's logger as a process, and what is made of the KVM probe's output.
@Suite struct HostProgramTests {
    @Test func aGuestThatPrintsForEverFillsNoDisk() async throws {
        let folder = TemporaryFolder()
        let text = (0..<500_000).map { "line \($0)\n" }.joined()
        #expect(text.utf8.count > 5 << 20)
        let outcome = try await LodgeProgram.run(["log-console", folder.path], input: text)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try Files.list(folder.path) == ["log", "log.1"])
        for file in ["log", "log.1"] { #expect(Files.size("\(folder.path)/\(file)")! <= ConsoleLog.fileLimit) }
        let kept = ConsoleLog.contents(folder: folder.path)
        #expect(kept.count >= ConsoleLog.fileLimit / 2)
        #expect(text.utf8.suffix(kept.count).elementsEqual(kept))
        try ConsoleLog.clear(folder: folder.path)
        #expect(ConsoleLog.contents(folder: folder.path).isEmpty)
    }

    private func judge(_ exitCode: Int32?, _ output: String, _ errors: String = "") -> HostFacts.KVM {
        EmulatorProbe.judge(Command.Outcome(exitCode: exitCode, output: output, errors: errors))
    }

    @Test func judgesTheProbe() {
        #expect(judge(33, "RPpLICG\n") == .works)
        // All letters, and then it was killed: it did not come to its end.
        #expect(judge(nil, "RPpLICG\n") != .works)
        #expect(judge(33, "RPp") == .limited("a 64-bit system does not run under it (the probe stopped after “RPp”)"))
        #expect(judge(137, "RP") == .limited("a 64-bit system does not run under it (the probe stopped after “RP”)"))
        #expect(
            judge(1, "", "warning\nqemu-system-x86_64: failed to initialize kvm: Permission denied\n")
                == .unusable("failed to initialize kvm: Permission denied"))
        #expect(judge(137, "") == .unusable("the probe did not say anything within 2 seconds"))
    }

    /// The bytes in the source are those that the assembler makes of the probe's source.
    @Test(.enabled(if: Command.find("nasm") != nil, "needs nasm"))
    func theProbesBytesAreThoseOfItsSource() async throws {
        let tests = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        try await Command.run("bash", ["\(tests)/Guests/kvm-probe/check"], package: "bash")
    }

    @Test(.enabled(if: isRoot, "needs root: runs QEMU as another user"))
    func probesAtOnceDoNotDisturbOneAnother() async throws {
        let folder = TemporaryFolder()
        let probe = EmulatorProbe(layout: folder.layout)
        async let second = probe.findings().kvm
        for result in [await probe.findings().kvm, await second] {
            if case .unusable(let why) = result { #expect(!why.contains("could not be run"), "\(why)") }
        }
        #expect(try Files.list(folder.layout.runFolder).allSatisfy { $0 == "emulator.json" })
    }
}
