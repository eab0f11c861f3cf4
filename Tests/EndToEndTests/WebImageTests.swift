import FleetModel
import Glibc
import HostSystem
import Testing

/// Images on the web, as users meet them: fetched once, resumed, unpacked, and the very bytes that were asked for.
@Suite(.serialized, .needsHost) struct WebImageTests {
    @Test func anImageIsFetchedOnceAndItsPlanTouchesNoNetwork() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let path = try await server.makeImage("base.qcow2")
            let sum = try digest(of: path)
            let before = try await lab.census()
            var fleet = lab.fleet(
                WebImage(url: server.url("to/!auth!base.qcow2?token=1"), digest: sum, format: "qcow2"))
            fleet.images[0] = fleet.images[0].replacing("http://", with: "http://ada:secret@")

            let plan = try await lab.plan(fleet)
            #expect(plan.says("fetched from http://127.0.0.1:\(server.port)/to/!auth!base.qcow2?…"), "\(plan)")
            #expect(server.requests.isEmpty)

            let applied = try await lab.apply(fleet)
            #expect(applied.code == 0, "\(applied)")
            for result in [plan, applied] { #expect(!result.says("secret") && !result.says("token")) }
            #expect(server.requests.map(\.status) == [302, 200])
            #expect(try lab.cache == ["\(sum).qcow2"])
            #expect(try Files.read("\(lab.layout.cacheFolder)/\(sum).qcow2") == Files.read(path))
            let again = try await lab.plan(fleet)
            #expect(again.code == 0, "\(again)")

            // A second guest takes what is there, and does not read it.
            fleet.guests.append(lab.fleet(WebImage(url: ""), guests: ["web-2"]).guests[0])
            let second = try await lab.apply(fleet)
            #expect(second.code == 0 && server.requests.count == 2, "\(second)")

            // One that is taken anew is read once more: it is not what it was, and is fetched again.
            chmod("\(lab.layout.cacheFolder)/\(sum).qcow2", 0o644)
            try Files.append([0], to: "\(lab.layout.cacheFolder)/\(sum).qcow2")
            try Files.remove("\(lab.layout.claimsFolder)/e2e/base.json")
            let third = try await lab.apply(fleet)
            #expect(third.code == 0 && server.requests.count == 4, "\(third)")
            #expect(try digest(of: "\(lab.layout.cacheFolder)/\(sum).qcow2") == sum)

            // A password is in no file.
            let saved = try await lab.lodge(
                "plan", "-f", try lab.write(fleet), "--out", "\(lab.folder)/x.plan", "--replace", "guest.web")
            #expect(saved.code == 0, "\(saved)")
            #expect(try await lab.destroy(fleet).code == 0)
            let refused = try await lab.lodge("plan", "-f", try lab.write(fleet), "--out", "\(lab.folder)/y.plan")
            #expect(
                refused.code == 1 && refused.says("has a password", "cannot be kept out of a plan file"), "\(refused)")
            try await lab.expect(before)
        }
    }

    @Test(arguments: ["base.qcow2", "xz", "gz", "zst"]) func aKilledFetchGoesOn(kind: String) async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let original = try await server.makeImage("base.qcow2", content: 4 << 20)
            let name = try await pack(original, kind)
            let path = "\(server.folder)/\(name)"
            let sum = try digest(of: path)
            let size = try #require(Files.size(path))
            var image = WebImage(url: server.url("slow/2000000/\(name)"), digest: sum)
            let first = try lab.startApply(lab.fleet(image))
            let part = lab.layout.part(try #require(Digest(parsing: sum)))
            #expect(await eventually { (Files.size(part) ?? 0) > size / 3 })
            first.signal(SIGKILL)
            _ = try await first.result()
            #expect(await eventually { server.requests.count == 1 })
            let kept = try #require(Files.size(part))
            #expect(kept < size && !first.soFar.isEmpty)

            image.url = server.url(name)
            let second = try await lab.apply(lab.fleet(image))
            #expect(second.code == 0, "\(second)")
            let resumed = try #require(server.requests.last)
            #expect(resumed.range == "bytes=\(kept)-" && resumed.status == 206 && resumed.sent == size - kept)
            #expect(try lab.cache == ["\(sum).qcow2"])
            #expect(try Files.read("\(lab.layout.cacheFolder)/\(sum).qcow2") == Files.read(original))
            #expect(try await lab.plan(lab.fleet(image)).code == 0)
        }
    }

    private func pack(_ path: String, _ kind: String) async throws -> String {
        switch kind {
        case "xz": try await Command.run("xz", ["-k0", path], package: "xz-utils")
        case "gz": try await Command.run("gzip", ["-k1", path], package: "gzip")
        case "zst": try await Command.run("zstd", ["-qk1", path], package: "zstd")
        default: return "base.qcow2"
        }
        return "base.qcow2.\(kind)"
    }

    @Test func ctrlCKeepsWhatWasFetchedAndAnotherFleetsPlanRemovesIt() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let sum = try digest(of: try await server.makeImage("base.qcow2", content: 4 << 20))
            let fleet = lab.fleet(WebImage(url: server.url("slow/1000000/base.qcow2"), digest: sum))
            let part = lab.layout.part(try #require(Digest(parsing: sum)))
            let run = try lab.start(["apply", "-f", try lab.write(fleet), "--auto-approve", "--output", "json"])
            #expect(await eventually { (Files.size(part) ?? 0) > 200_000 })
            let listed = try await lab.lodge("image", "list")
            #expect(listed.says("(on its way)", "part"), "\(listed)")
            run.signal(SIGINT)
            let result = try await run.result()
            #expect(result.code == 130, "\(result)")
            #expect(result.says("step_progress", "fetched ", " %)", "kept for the next time"), "\(result)")
            #expect(Files.exists(part))
            // Its own fleet means to go on.
            #expect(try await lab.plan(fleet).says("leftover.") == false)
            var other = fleet
            other.images = []
            other.guests = []
            let plan = try await lab.plan(other)
            #expect(plan.code == 2 && plan.says(part, "cut off"), "\(plan)")
            let pruned = try await lab.lodge("image", "prune", "--auto-approve")
            #expect(pruned.code == 0 && pruned.says("Removed "), "\(pruned)")
            #expect(try lab.cache.isEmpty)
        }
    }

    @Test func twoThatWantTheSameFetchItOnce() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let sum = try digest(of: try await server.makeImage("base.qcow2", content: 2 << 20))
            let fleet = lab.fleet(WebImage(url: server.url("slow/2000000/base.qcow2"), digest: sum))
            let first = try lab.startApply(fleet, "--lock-timeout", "60s")
            var other = fleet
            other.name = "other"
            let second = try lab.startApply(other, "--lock-timeout", "60s")
            // One that sends the image waits for the file, not for the host.
            let push = try lab.start(
                ["image", "push", "-f", try lab.write(fleet), "--lock-timeout", "60s"],
                wrapper: ["env", "XDG_CACHE_HOME=\(lab.folder)/xdg"])
            for run in [first, second, push] {
                let result = try await run.result()
                #expect(result.code == 0, "\(result)")
            }
            #expect(server.requests.filter { $0.sent > 0 }.count <= 2)
            #expect(try lab.cache == ["\(sum).qcow2"])
            let listed = try await lab.lodge("image", "list")
            #expect(listed.says("e2e/base, other/base", "qcow2", "8MiB"), "\(listed)")
        }
    }

    @Test func serversThatHaveBadDays() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let proxy = try await WebServer.start(in: lab)
            let sum = try digest(of: try await server.makeImage("base.qcow2"))
            for path in [
                "flaky/2/503/base.qcow2", "flaky/1/429/base.qcow2", "cut/400000/base.qcow2", "plain/base.qcow2",
                "chunked/base.qcow2",
            ] {
                let fleet = lab.fleet(WebImage(url: server.url(path), digest: sum))
                let result = try await lab.apply(fleet)
                #expect(result.code == 0, "\(path): \(result)")
                #expect(try await lab.destroy(fleet).code == 0)
            }
            let cuts = server.requests.filter { $0.path.hasPrefix("/cut") }
            // What was under way when a connection was cut may be lost.
            #expect(cuts.count >= 3 && cuts[0].range == "-" && cuts.dropFirst().allSatisfy { $0.status == 206 })

            let fleet = lab.fleet(WebImage(url: server.url("base.qcow2"), digest: sum))
            let direct = try await lab.apply(
                fleet, wrapper: ["env", "http_proxy=http://127.0.0.1:\(proxy.port)", "NO_PROXY=127.0.0.1"])
            #expect(direct.code == 0 && proxy.requests.isEmpty, "\(direct)")
            #expect(try await lab.destroy(fleet).code == 0)
            let through = try await lab.apply(fleet, wrapper: ["env", "HTTP_PROXY=127.0.0.1:\(proxy.port)"])
            #expect(through.code == 0, "\(through)")
            #expect(proxy.requests.map(\.method) == ["CONNECT"])
        }
    }
}
