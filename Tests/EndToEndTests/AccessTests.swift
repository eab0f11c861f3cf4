import FleetModel
import Glibc
import HostSystem
import Testing

/// What somebody does to one guest by hand, and what the next plan makes of it.
@Suite(.serialized, .needsHost) struct AccessTests {
    @Test func powerByHand() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.guests = [Fleet.tiny("web-1", 16), Fleet.tiny("web-2", 17)]
            try await lab.expectConverges(fleet)
            let pids = (try await lab.pid("web-1"), try await lab.pid("web-2"))

            let stop = try await lab.lodge("stop", "web-1")
            #expect(stop.code == 0 && stop.says("Guest web-1 is off.", "drift"), "\(stop)")
            #expect(!stop.says("was turned off"), "the tiny guest honours the power button: \(stop)")
            #expect(try await lab.guest("web-1").state == .stopped)
            let drift = try await lab.plan(fleet)
            #expect(drift.code == 2 && drift.says("guest.web-1", "it is not running"), "\(drift)")

            // Without its bridge it could not be started as it is to be.
            let bridges = try await lab.ip("-br", "link", "show", "type", "bridge")
            try await lab.ip("link", "delete", String(try #require(bridges.split(separator: " ").first)))
            let refused = try await lab.lodge("start", "web-1", "-f", try lab.write(fleet))
            #expect(refused.code == 3 && refused.says("its bridge is missing", "lodge apply"), "\(refused)")
            try await lab.expectConverges(fleet)
            #expect(try await lab.pid("web-2") == pids.1)

            #expect(try await lab.lodge("stop", "e2e/web-1", "--graceful", "90s").code == 0)
            let start = try await lab.lodge("start", "web-1")
            #expect(start.code == 0 && start.says("Guest web-1 was started."), "\(start)")
            #expect(await lab.pings("10.77.0.16"))
            try await lab.expectNoChanges(fleet)
            let pid = try await lab.pid("web-1")
            let force = try await lab.lodge("restart", "web-1", "--force")
            #expect(force.code == 0 && force.says("it was turned off", "Guest web-1 was restarted."), "\(force)")
            #expect(try await lab.pid("web-1") != pid)
            #expect(await lab.pings("10.77.0.16"))
            #expect(try await lab.pid("web-2") == pids.1, "the other guest is not touched")
            try await lab.expectNoChanges(fleet)

            let unknown = try await lab.lodge("restart", "web-3")
            #expect(unknown.code == 1 && unknown.says("there is no guest web-3", "web-1, web-2"), "\(unknown)")
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }

    @Test func whatAGuestPrintsIsFollowedUntilItIsRemoved() async throws {
        try await Lab.run { lab in
            var fleet = Fleet()
            fleet.guests = [Fleet.alone("web-1"), Fleet.alone("off", ["power: stopped"])]
            try await lab.expectConverges(fleet)
            try await echo("alpha\nbeta\n", lab)
            let all = try await lab.lodge("logs", "web-1")
            #expect(all.code == 0 && all.output.contains("alpha"), "\(all)")
            let last = try await lab.lodge("logs", "web-1", "--lines", "1")
            #expect(last.output.contains("beta") && !last.output.contains("alpha"), "\(last)")
            // The console shows it too, before anything is typed.
            #expect(try await lab.lodge("console", "web-1", input: "").output.contains("beta"))
            try await echo("\u{1B}[31m\u{1B}[6nkappa\n", lab)
            #expect(try await lab.lodge("logs", "web-1", "-n", "1").output == "\u{1B}[31m\u{1B}[6nkappa\n")
            // script(1) gives it a terminal.
            let folders = "--state-dir \(lab.stateFolder) --run-dir \(lab.runFolder)"
            let logs = "\(Lab.program) logs web-1 -n 1 \(folders)"
            let shown = try await lab.execute("script", "-qefc", logs, "/dev/null")
            #expect(shown == "kappa\r\n", "a terminal gets text alone")
            let console = "\(Lab.program) console web-1 \(folders)"
            let left = try await lab.execute("script", "-qefc", console, "/dev/null", input: "\u{1D}")
            #expect(left.contains("Leave with Ctrl-] .") && left.contains("kappa"), "\(left)")
            let never = try await lab.lodge("logs", "off")
            #expect(never.code == 1 && never.says("it was never started"), "\(never)")
            let down = try await lab.lodge("console", "off", input: "")
            #expect(down.code == 1 && down.says("does not run", "lodge start off"), "\(down)")

            let followers = try [
                lab.start(["logs", "web-1", "-f", "-n", "1"]),
                lab.start(["logs", "-f", "web-1", "--file", try lab.write(fleet)]),
            ]
            #expect(await eventually { followers.allSatisfy { $0.soFar.contains("kappa") } })
            try await echo("gamma\n", lab)
            #expect(try await lab.lodge("restart", "web-1").code == 0)
            try await echo("delta\n", lab)
            for follower in followers {
                #expect(
                    await eventually { follower.soFar.contains("gamma") && follower.soFar.contains("delta") },
                    "\(follower.soFar)")
            }
            followers[0].signal(SIGINT)
            let ended = try await followers[0].result()
            #expect(ended.code == 130 && !ended.says("alpha") && ended.errors.isEmpty, "\(ended)")
            #expect(try await lab.destroy(fleet).code == 0)
            let gone = try await followers[1].result()
            #expect(gone.code == 0, "the guest's log ends with the guest: \(gone)")
        }
    }

    /// The tiny guest prints what it is sent; `q` and `r` it takes for commands.
    private func echo(_ text: String, _ lab: Lab) async throws {
        let word = text.split { $0 == "\n" || $0 == "n" }.last!
        let log = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: "web-1")!).consoleFolder + "/log"
        let result = try await lab.lodge("console", "web-1", input: text)
        #expect(result.code == 0, "\(result)")
        #expect(await eventually { Files.text(log)?.contains(word) == true }, "\(word): \(result)")
    }
}
