import FleetModel
import HostSystem

/// Finds out which QEMU this machine has and what KVM is good for, by running a few instructions under it: a device
/// file, and even a working API, prove nothing. Some machines execute real and 32-bit mode only, and a stock kernel
/// hangs there.
public struct EmulatorProbe: Sendable {
    /// What was seen.
    public struct Findings: Codable, Sendable {
        /// Such as `7.2.22`; nil where QEMU is not installed or does not say.
        public var version: String?
        public var kvm: HostFacts.KVM
        /// As ``HostFacts/ioUringFault``.
        public var ioUringFault: String?
    }

    /// Findings, and what they hold for: kept under the run folder.
    private struct Record: Codable {
        var bootID: String
        /// The QEMU program, the device and the user that they were found with.
        var subject: String
        var findings: Findings
    }

    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// Looks once a boot, and again when QEMU, the device, the user or the kernel's rule for io_uring changes; later calls read what was seen.
    public func findings() async -> Findings {
        let bootID = Machine.bootID
        let program = Command.find(Emulator.program).flatMap(Files.version) ?? "none"
        let user = try? SystemUser.find()
        let rule = Files.text("/proc/sys/kernel/io_uring_disabled")?.prefix { $0 != "\n" } ?? "none"
        let subject = "\(program)/\(Files.version("/dev/kvm") ?? "none")/\(user?.user ?? 0)/io_uring \(rule)"
        if let record = try? JSONFile.read(Record.self, from: layout.probeFile), record.bootID == bootID,
            record.subject == subject
        {
            var findings = record.findings
            // What is missing, or was cut off, may be mended any time.
            if case .unusable = findings.kvm { findings.kvm = await probe() }
            return findings
        }
        async let version = Emulator.version()
        async let ioUringFault = IOUringProbe.fault()
        let findings = Findings(version: await version, kvm: await probe(), ioUringFault: await ioUringFault)
        guard !Task.isCancelled else { return findings }
        try? Files.makeFolder(layout.runFolder)
        try? JSONFile.write(Record(bootID: bootID, subject: subject, findings: findings), to: layout.probeFile)
        return findings
    }

    private func probe() async -> HostFacts.KVM {
        guard Files.exists("/dev/kvm") else { return .unusable("there is no /dev/kvm") }
        guard Command.find(Emulator.program) != nil else { return .unusable("QEMU is not installed") }
        guard let user = try? SystemUser.find() else { return .unusable("there is no user \(SystemUser.name)") }
        do {
            // Not cut off where its caller is cancelled: timeout(1) would be killed, and with it the bound on QEMU's life.
            let attempt = Task { try await run(as: user) }
            return Self.judge(try await attempt.value)
        } catch {
            return .unusable("the probe could not be run: \(error)")
        }
    }

    /// 64 KiB, at whose end an x86 processor starts: a far jump to the code at its beginning.
    private static var firmware: [UInt8] {
        var image = KVMProbeCode.bytes + [UInt8](repeating: 0, count: 0x10000 - KVMProbeCode.bytes.count)
        image.replaceSubrange(0xFFF0..<0xFFF5, with: [0xEA, 0x00, 0x00, 0x00, 0xF0])
        return image
    }

    /// As the user and with the group that a guest would have. Where the processor modes are not there, QEMU does
    /// not end by itself: timeout(1) ends it after 2 seconds, many times what a success takes.
    private func run(as user: SystemUser) async throws(CommandError) -> Command.Outcome {
        let group = SystemUser.group(owning: "/dev/kvm").flatMap { $0 == 0 ? nil : $0 }
        return try await Command.outcome(
            of: "timeout",
            [
                "--signal=KILL", "2", "setpriv", "--reuid=\(user.user)", "--regid=\(user.group)",
                group.map { "--groups=\($0)" } ?? "--clear-groups", "--no-new-privs", "--pdeathsig=KILL",
                Emulator.program, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "microvm,accel=kvm",
                "-m", "16",
                "-bios", "/proc/self/fd/0", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0x501,iosize=1",
            ], package: "util-linux", input: Self.firmware)
    }

    static func judge(_ outcome: Command.Outcome) -> HostFacts.KVM {
        let letters = outcome.output.filter { $0.isASCII && $0.isLetter }
        if outcome.exitCode == 33, letters.hasPrefix(KVMProbeCode.complete) { return .works }
        if letters.isEmpty {
            // timeout(1) ends what it started, and itself, by SIGKILL: 128 + 9 where it could still tell.
            guard outcome.exitCode != nil, outcome.exitCode != 137 else {
                return .unusable("the probe did not say anything within 2 seconds")
            }
            let words = outcome.errors.split(separator: "\n").last.map(String.init) ?? "it executed nothing"
            return .unusable(words.replacing("\(Emulator.program): ", with: ""))
        }
        return .limited("a 64-bit system does not run under it (the probe stopped after “\(letters)”)")
    }
}
