import FleetModel
import Glibc
import HostSystem
import QMP
import Testing

/// Guests with UEFI, a TPM and a screen, on real QEMU, OVMF and swtpm. Without KVM, OVMF takes some seconds.
@Suite(.serialized, .needsHost, .needsFirmware) struct FirmwareTests {
    /// Nothing on its disk boots: OVMF offers its own shell, which Secure Boot does not let start.
    private static func guest(_ name: String, _ fields: [String], until text: String? = nil) -> Fleet.Guest {
        let ready = text.map { "ready: {when: 'console:\"\($0)\"', timeout: 300s}" } ?? "ready: {when: started}"
        return Fleet.Guest(name: name, fields: [ready, "disks: [{name: root, image: blank, size: 8MiB}]"] + fields)
    }

    private static let secure = ["firmware: uefi-secure", "tpm: true", "display: vnc"]

    private func fleet(_ lab: Lab, _ guests: Fleet.Guest...) async throws -> Fleet {
        var fleet = Fleet()
        fleet.defaults = ["accelerator: auto", "memory: 128MiB", "stop: {graceful: 0s}"]
        fleet.images = [try await lab.blankImage("blank")]
        fleet.guests = guests
        return fleet
    }

    private func folder(_ guest: String, _ lab: Lab) -> GuestFolder {
        lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: guest)!)
    }

    /// Impact row: guest.tpm.remove, guest.firmware.secure, guest.display.any
    @Test func aGuestWithAll() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            let plain = Self.guest("plain", ["firmware: uefi"], until: "Shell>")
            var fleet = try await fleet(lab, Self.guest("safe", Self.secure, until: "Security Violation"), plain)
            let plan = try await lab.plan(fleet)
            #expect(plan.says("firmware", "uefi-secure", "tpm", "vnc"), "\(plan)")
            try await lab.expectConverges(fleet)

            let files = folder("safe", lab)
            let variables = files.variables(of: .uefiSecure)
            #expect(Files.size(variables) == 540_672)
            let first = try await kept(files)
            #expect(first.allSatisfy { $0.hasSuffix(" 600 lodge-qemu") || $0.hasSuffix(" 700 lodge-qemu") }, "\(first)")
            try await answers("safe", lab)
            try await showsScreen("safe", lab)

            // Made anew, it keeps both; and nobody has to wait for its firmware again.
            fleet.guests = [Self.guest("safe", Self.secure), Self.guest("plain", ["firmware: uefi"])]
            let written = try Files.read(variables)
            let reset = try await lab.lodge("reset", "safe", "-f", try lab.write(fleet), "--auto-approve")
            #expect(reset.code == 0, "\(reset)")
            #expect(try await kept(files) == first, "the variables and the TPM are other ones")
            #expect(try Files.read(variables).prefix(4096) == written.prefix(4096))
            try await lab.expectNoChanges(fleet)

            try await heals(fleet, files, lab)
            try await renames(&fleet, lab)

            // What is sealed by the TPM outlives a manifest that forgot it, and so do the variables.
            fleet.guests[0].fields.removeAll { Self.secure.contains($0) }
            fleet.guests[0].fields.append("firmware: uefi")
            try await lab.apply(
                fleet, changing: "sound", ["firmware": "restart", "tpm": "restart", "display": "restart"],
                interrupts: true)
            #expect(lab.processes(with: "swtpm").isEmpty)
            #expect(try await kept(folder("sound", lab)).count == 2 && lab.displays.isEmpty)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// Which files hold variables and TPM, with their permissions and owners.
    private func kept(_ files: GuestFolder) async throws -> [String] {
        try await Command.run(
            "find", [files.variables(of: .uefiSecure), files.tpm, "-maxdepth", "0", "-printf", "%i %f %m %u\\n"],
            package: "findutils"
        ).split(separator: "\n").map(String.init).sorted()
    }

    /// The guest's QEMU has a TPM, which writes what it keeps, as an unprivileged process in a sandbox of its own.
    private func answers(_ guest: String, _ lab: Lab) async throws {
        let session = try await lab.monitor(of: guest)
        let reply = try await session.execute("query-tpm")
        session.close()
        guard case .array(let devices) = reply else { return #expect(Bool(false), "\(reply)") }
        #expect(devices.map { $0["model"] } == [.string("tpm-crb")])
        let processes = lab.processes(with: "swtpm")
        #expect(processes.count == 1, "\(processes)")
        let status = Files.text("/proc/\(processes.first?.pid ?? 0)/status") ?? ""
        let user = getpwnam("lodge-qemu").pointee.pw_uid
        #expect(
            status.contains("Uid:\t\(user)\t\(user)\t\(user)\t\(user)") && status.contains("Seccomp:\t2"), "\(status)")
        let opened = ProcessTable.openFiles(of: processes.first?.pid ?? 0)
        #expect(opened.contains { $0.hasPrefix(folder(guest, lab).tpm) }, "\(opened)")
    }

    /// VNC greets on a socket that only root and QEMU's user reach.
    private func showsScreen(_ guest: String, _ lab: Lab) async throws {
        let path = try #require(try await lab.guest(guest).display)
        #expect(try await lab.lodge("show").says(path))
        let permissions = try await Command.run("stat", ["-c", "%a %U", Files.folder(of: path)], package: "coreutils")
        #expect(permissions == "700 lodge-qemu\n")
        #expect(greeting(at: path) == "RFB 003.008\n")
    }

    /// Each is a defect that the next plan names and heals.
    private func heals(_ fleet: Fleet, _ files: GuestFolder, _ lab: Lab) async throws {
        try await lab.end(try #require(lab.processes(with: "swtpm").first).pid)
        try await expectHealed(fleet, lab, "the process of its TPM has ended")

        // It ends with its QEMU, and is not left over.
        try await lab.end(try await lab.pid("safe"))
        #expect(await eventually { lab.processes(with: "swtpm").isEmpty })
        try Files.remove(files.variables(of: .uefiSecure))
        try Files.removeTree(files.tpm)
        try await expectHealed(
            fleet, lab, "the variables of its firmware are gone", "the state of its TPM is gone", "it is not running")
        #expect(try await kept(files).count == 2)
    }

    private func expectHealed(_ fleet: Fleet, _ lab: Lab, _ words: String...) async throws {
        let plan = try await lab.plan(fleet)
        for words in words { #expect(plan.code == 2 && plan.says(words), "\(plan)") }
        try await lab.expectConverges(fleet)
    }

    /// A rename while it runs: the TPM goes on writing where its state is now.
    private func renames(_ fleet: inout Fleet, _ lab: Lab) async throws {
        let tpm = try #require(lab.processes(with: "swtpm").first).pid
        fleet.guests[0].name = "sound"
        fleet.guests[0].metadata = ["formerly: safe"]
        try await lab.expectConverges(fleet)
        #expect(lab.processes(with: "swtpm").map(\.pid) == [tpm])
        #expect(linkTarget("/proc/\(tpm)/cwd") == folder("sound", lab).tpm)
    }

    /// A start that is killed when the TPM runs and QEMU hardly does, and a TPM that is left over anyway.
    @Test func killedWhileItStarts() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = try await fleet(lab, Self.guest("safe", ["tpm: true", "power: stopped"]))
            let hiding = Hiding.paths(["/usr/bin/swtpm"])
            let refused = try await lab.plan(fleet, wrapper: hiding)
            #expect(refused.code == 3 && refused.says("TPM emulator", "apt install swtpm swtpm-tools"), "\(refused)")
            let doctor = try await lab.lodge("doctor", wrapper: hiding)
            #expect(doctor.says("guests that ask for it cannot run here"), "\(doctor)")
            try await lab.expectConverges(fleet)
            let defined = try await lab.census()
            let run = lab.layout.guestRun(try await lab.guest("safe").definition.id)
            try Files.makeFolder(run.path)
            let stray = try Self.stray(file: run.tpmPID, in: "\(lab.folder)")
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("TPM process \(stray)", run.tpmPID, "1 change"), "\(plan)")
            try await lab.expectConverges(fleet)
            #expect(await DetachedProcess.outcome(stray, within: .seconds(10)) != nil)
            try Files.removeTree(lab.layout.guestRunsFolder)
            try await lab.expect(defined)

            fleet.guests = [Self.guest("safe", ["tpm: true"])]
            for _ in 0..<3 {
                let apply = try lab.startApply(fleet)
                var found: [ProcessEntry] = []
                while found.isEmpty, DetachedProcess.reap(apply.pid) == nil { found = lab.processes(with: "swtpm") }
                // Whether the guest's own process is QEMU by then or not.
                let victims = lab.agents + lab.processes(with: " launch ") + lab.processes(with: "qemu-system")
                for victim in victims { kill(victim.pid, SIGKILL) }
                kill(apply.pid, SIGKILL)
                _ = await DetachedProcess.outcome(apply.pid, within: .seconds(30))
                #expect(!found.isEmpty, "no TPM was seen: \(apply.soFar)")
                try await expectEnded(lab, fleet)
            }
            try await lab.expectConverges(fleet)
            #expect(lab.processes(with: "swtpm").count == 1)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// A TPM ends with the QEMU that it has met; one that has not met any is the next plan's to name.
    private func expectEnded(_ lab: Lab, _ fleet: Fleet) async throws {
        for tpm in lab.processes(with: "swtpm") {
            if await ProcessTable.waitForEnd(tpm.pid, startTime: tpm.startTime, timeout: .seconds(10)) { continue }
            let plan = try await lab.plan(fleet)
            #expect(plan.code == 2 && plan.says("TPM process \(tpm.pid)"), "\(plan)")
            try ProcessTable.signal(tpm.pid, startTime: tpm.startTime, SIGKILL)
            _ = await ProcessTable.waitForEnd(tpm.pid, startTime: tpm.startTime, timeout: .seconds(30))
        }
    }

    /// A TPM that waits for somebody who never comes, by whom it would be known as the guest's.
    private static func stray(file: String, in folder: String) throws -> Int32 {
        var ends: [CInt] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw SystemError.now("make", "a pair of sockets")
        }
        // One end is its, and the other one too, so that it never ends by itself.
        defer { for end in ends { close(end) } }
        return try DetachedProcess.start(
            "/usr/bin/swtpm",
            arguments: [
                "socket", "--tpm2", "--ctrl", "type=unixio,clientfd=3", "--tpmstate", "dir=\(folder)", "--terminate",
                "--flags", "not-need-init,startup-clear", "--pid", "file=\(file)",
            ], descriptors: [3: ends[0], 4: ends[1]], environment: [])
    }
}

extension Lab {
    /// The sockets of screens.
    var displays: [String] {
        ((try? Files.list(layout.guestRunsFolder)) ?? []).compactMap { ObjectID(parsing: $0) }
            .map { layout.guestRun($0).display }.filter(Files.exists)
    }
}

/// What a server says first on a unix socket.
func greeting(at path: String) -> String? {
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(client, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard connected == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 12)
    let count = read(client, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
}
