import FleetModel
import Glibc
import HostSystem
import Testing

/// Images for hosts that reach no web: this machine downloads and sends them.
@Suite(.serialized, .needsHost) struct ImagePushTests {
    @Test func whatIsSentIsThereForTheApply() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let path = try await server.makeImage("base.qcow2", content: 4 << 20)
            try await Command.run("xz", ["-0", path], package: "xz-utils")
            let sum = try digest(of: path + ".xz")
            let before = try await lab.census()
            let downloads = "\(lab.folder)/xdg/lodge"
            var fleet = lab.stopped(WebImage(url: server.url("slow/2000000/base.qcow2.xz"), digest: sum))
            let arguments = ["image", "push", "-f", try lab.write(fleet), "base"]
            let environment = ["env", "XDG_CACHE_HOME=\(lab.folder)/xdg"]

            // The download is cut off, and goes on.
            let first = try lab.start(arguments, wrapper: environment)
            let part = "\(downloads)/\(sum).part"
            #expect(await eventually { (Files.size(part) ?? 0) > 500_000 })
            first.signal(SIGKILL)
            _ = try await first.result()
            #expect(await eventually { server.requests.count == 1 })
            let kept = try #require(Files.size(part))
            let second = try await lab.start(arguments, wrapper: environment).result()
            #expect(second.code == 0 && second.says("image.base to local: sent"), "\(second)")
            #expect(server.requests.last?.range == "bytes=\(kept)-")
            #expect(try Files.list(downloads).isEmpty)
            #expect(try lab.cache == ["\(sum).qcow2"])

            // It is claimed, so that no other fleet's apply takes it for a leftover.
            var other = fleet
            (other.name, other.images, other.guests) = ("other", [], [])
            #expect(try await lab.plan(other).code == 0)
            let listed = try await lab.lodge("image", "list", "--output", "json")
            #expect(
                listed.says(
                    "\"images\":[{\"fleet\":\"e2e\",\"name\":\"base\"}]", "\"virtual_size\":8388608", "\"guests\":0"))
            let again = try await lab.start(arguments + ["--output", "json"], wrapper: environment).result()
            #expect(again.code == 0 && again.says("\"outcome\":\"present\""), "\(again)")

            let count = server.requests.count
            let applied = try await lab.apply(fleet)
            #expect(applied.code == 0 && server.requests.count == count, "\(applied)")
            let kept2 = try await lab.lodge("image", "prune", "--auto-approve")
            #expect(kept2.code == 0 && kept2.says("There is nothing to remove."), "\(kept2)")
            #expect(try await lab.destroy(fleet).code == 0)
            try Files.removeTree("\(lab.folder)/xdg")
            try await lab.expect(before)

            // What the host would not fetch, it does not take either.
            fleet = lab.stopped(WebImage(url: path + ".xz"), disk: "4MiB")
            let refused = try await lab.lodge("image", "push", "-f", try lab.write(fleet))
            #expect(refused.code == 1 && refused.says("describes a disk of 8MiB, and a disk of 4MiB"), "\(refused)")
            try await lab.expect(before)
        }
    }

    @Test func aLocalImageStaysAndIsClaimedLater() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let made = try await server.makeImage("base.qcow2", content: 1 << 20)
            // Where downloads go, too.
            let path = "\(lab.folder)/xdg/lodge/base.qcow2"
            try Files.makeFolder("\(lab.folder)/xdg/lodge")
            try Files.move(made, to: path)
            let arguments = ["image", "push", "-f", try lab.write(lab.stopped(WebImage(url: path))), "base"]
            let environment = ["env", "XDG_CACHE_HOME=\(lab.folder)/xdg"]
            let first = try await lab.start(arguments, wrapper: environment).result()
            #expect(first.code == 0 && first.says("image.base to local: sent"), "\(first)")
            #expect(Files.exists(path))

            // It has no claim where another apply was at work.
            try Files.removeTree("\(lab.layout.claimsFolder)/e2e")
            let second = try await lab.start(arguments, wrapper: environment).result()
            #expect(second.code == 0 && second.says("image.base to local: is there already; claimed now"), "\(second)")
            let third = try await lab.start(arguments, wrapper: environment).result()
            #expect(third.code == 0 && third.says("is there already") && !third.says("claimed now"), "\(third)")
            try Files.removeTree("\(lab.layout.claimsFolder)/e2e")
            #expect(try await lab.lodge("image", "prune", "--auto-approve").code == 0)
        }
    }

    @Test func namesThatAreNotThere() async throws {
        try await Lab.run { lab in
            let path = try lab.write(
                lab.stopped(WebImage(url: "http://127.0.0.1:1/x.raw", digest: String(repeating: "0", count: 64))))
            let image = try await lab.lodge("image", "push", "-f", path, "bse")
            #expect(image.code == 1 && image.says("there is no image bse", "did you mean base?"), "\(image)")
            let host = try await lab.lodge("image", "push", "-f", path, "--host", "remote")
            #expect(host.code == 1 && host.says("there is no host remote"), "\(host)")
            let listed = try await lab.lodge("image", "list")
            #expect(listed.code == 0 && listed.says("There is nothing in the cache."), "\(listed)")
        }
    }
}
