import FleetModel
import Glibc
import HostSystem
import QMP
import Testing

@testable import KVMExecutor

/// Who may read and write what a guest leaves on its host.
@Suite(.serialized, .needsHost) struct GuestFilesTests {
    private func mode(_ path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private func asEmulatorsUser(_ lab: Lab, _ program: String, _ arguments: String...) async throws {
        let user = ["--reuid=\(SystemUser.name)", "--regid=\(SystemUser.name)", "--clear-groups"]
        try await Command.run("setpriv", user + [program] + arguments, package: "util-linux")
    }

    /// QEMU's user, which a guest that broke out of QEMU would be, cannot make root write or end anything; other
    /// users cannot read secrets and disks. A guest whose monitor another client holds is asked to power off too.
    @Test func filesAndMonitorsOfARunningGuest() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.images = [try await lab.blankImage("blank")]
            let fields = ["disks: [{name: root, image: blank, size: 8MiB}]", "cloudInit: {hostname: web-one}"]
            fleet.guests = [Fleet.tiny("web-1", 16, fields)]
            try await lab.expectConverges(fleet)
            let guest = try await lab.guest("web-1").definition
            let folder = lab.layout.guest(guest.owner.fleet, guest.name)
            let run = lab.layout.guestRun(guest.id)

            let disk = folder.disk(Name(parsing: "root")!)
            for path in [folder.definition, disk, run.running, run.pid] { #expect(mode(path) == 0o600, "\(path)") }
            #expect(mode(folder.path) == 0o710 && mode(folder.seed) == 0o440 && mode(run.path) == 0o711)
            let pid = try await lab.pid("web-1")
            #expect(Files.text(run.pid) == "\(pid)\n", "QEMU writes it")

            let draft = run.running + DurableFile.temporarySuffix
            await #expect(throws: CommandError.self) { try await asEmulatorsUser(lab, "ln", "-s", disk, draft) }
            await #expect(throws: CommandError.self) { try await asEmulatorsUser(lab, "rm", "-f", run.running) }
            #expect(Files.exists(run.running) && !Files.isLink(draft))

            // What an earlier version left open is closed.
            try Files.setMode(disk, 0o644)
            try Files.setMode(folder.path, 0o755)
            fleet.guests = [Fleet.tiny("web-1", 16, fields + ["power: stopped", "memory: 20MiB"])]
            let monitor = try await QMPSession.connect(path: run.qmp)
            let stopped = try await lab.apply(fleet)
            monitor.close()
            #expect(stopped.code == 0 && !stopped.says("turned off"), "\(stopped)")
            #expect(mode(disk) == 0o600 && mode(folder.path) == 0o710)
            try await lab.expectNoChanges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    /// What cannot be read is not removed, and the plan says which file it is.
    @Test func aDefinitionThatCannotBeRead() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16, ["protect: true"])]
            try await lab.expectConverges(fleet)
            let guest = try await lab.guest("web-1").definition
            let file = lab.layout.guest(guest.owner.fleet, guest.name).definition
            let text = try Files.read(file)
            let pid = try await lab.pid("web-1")
            try DurableFile.write(Array(text.prefix(text.count / 2)), to: file)
            for run in [try await lab.plan(fleet), try await lab.apply(fleet), try await lab.destroy(fleet)] {
                #expect(run.code == 1 && run.says(file, "write it back from a copy"), "\(run)")
            }
            #expect(ProcessTable.entry(pid)?.isDead == false && Files.exists(file))
            try DurableFile.write(text, to: file, mode: 0o600)
            // Files that are not Lodge's do not matter.
            for stray in ["\(lab.layout.guestsFolder)/e2e", lab.layout.networksFolder, lab.layout.guestRunsFolder] {
                try DurableFile.write([], to: "\(stray)/junk")
            }
            try await lab.expectNoChanges(fleet)
            for stray in ["\(lab.layout.guestsFolder)/e2e", lab.layout.networksFolder, lab.layout.guestRunsFolder] {
                #expect(Files.exists("\(stray)/junk"))
                try Files.remove("\(stray)/junk")
            }
            fleet.guests = [Fleet.tiny("web-1", 16)]
            try await lab.expectConverges(fleet)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }
}
