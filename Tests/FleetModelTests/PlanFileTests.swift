import FleetModel
import FoundationEssentials
import Testing

/// Plan files that are not, or not any more, what Lodge wrote.
@Suite struct PlanFileTests {
    private static let host = Name(parsing: "local")!

    private func saved(steps: [Step] = [], version: Int? = nil) throws -> SavedPlan {
        var saved = try SavedPlan(
            sealing: Plan(fleet: Name(parsing: "demo")!, steps: steps),
            of: .init(purpose: .apply, manifests: ["a.yaml"]),
            hosts: [DesiredHost(name: Self.host)], lodgeVersion: "9.9.9", created: "2026-01-01T00:00:00Z",
            seal: PlanSeal(salt: "0"))
        if let version { saved.header.version = version }
        return saved
    }

    private func failure(_ bytes: [UInt8]) -> PlanFileError? {
        do throws(PlanFileError) {
            _ = try PlanFile.read(bytes)
            return nil
        } catch {
            return error
        }
    }

    /// Each text of a seed that may come from elsewhere.
    @Test func secretsOfASeedAreSealed() throws {
        let secret = "hunter2"
        var spec = GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max")
        spec.cloudInit = CloudInit(
            hostname: secret,
            users: [CloudInit.User(name: "a"), CloudInit.User(name: "b.c", sshKeys: [secret], passwordHash: secret)],
            writeFiles: [
                CloudInit.File(path: "/a", content: "shown"), CloudInit.File(path: "/b.d/x", content: secret),
            ], userData: secret, networkConfig: secret)
        let paths = [
            "cloudInit.hostname", "cloudInit.users.b.c.sshKeys.0", "cloudInit.users.b.c.passwordHash",
            "cloudInit.writeFiles.1.content", "cloudInit.userData", "cloudInit.networkConfig",
        ]
        for path in paths { spec.secrets[path] = .environment("X") }
        let seal = PlanSeal(salt: "0")
        let sealed = try seal.seal(spec)
        let text = String(decoding: CanonicalJSON.bytes(of: sealed), as: UTF8.self)
        #expect(!text.contains(secret) && text.contains("shown"))
        #expect(PlanSeal.markedPaths(of: sealed) == Set(paths))
        for path in ["cloudInit.writeFiles.9.content", "cloudInit.users.z.passwordHash"] {
            spec.secrets = [path: .environment("X")]
            #expect(try seal.seal(spec) == spec, "what is not there needs no seal")
        }
        for path in ["cloudInit.writeFiles.0.path", "cloudInit.writeFiles.x.content", "cloudInit.users.a.groups"] {
            spec.secrets = [path: .environment("X")]
            #expect(throws: UnknownSensitiveField.self) { try seal.seal(spec) }
        }
    }

    @Test func itReadsWhatItWrote() throws {
        let saved = try saved()
        let text = PlanFile.text(of: saved)
        #expect(try PlanFile.read(text) == saved)
        #expect(String(decoding: text, as: UTF8.self).hasPrefix("{\n  \"digest\" : \""))
        #expect(throws: Never.self) { try JSONDecoder().decode([String: JSONValue].self, from: Data(text)) }
    }

    @Test func everyTruncationIsNoticed() throws {
        let text = PlanFile.text(of: try saved())
        for length in 0..<text.count {
            let failure = failure(Array(text[..<length]))
            #expect(failure == .truncated || failure == .notAPlan, "\(length)")
        }
        #expect(failure(Array(text[..<(text.count / 2)])) == .truncated)
    }

    @Test func everyFlippedByteIsNoticed() throws {
        let text = PlanFile.text(of: try saved())
        for position in text.indices {
            var copy = text
            copy[position] ^= 1
            #expect(failure(copy) != nil, "\(position)")
        }
        let edited = String(decoding: text, as: UTF8.self).replacing("a.yaml", with: "b.yaml")
        #expect(failure(Array(edited.utf8)) == .changed)
        let carriageReturns = String(decoding: text, as: UTF8.self).replacing("\n", with: "\r\n")
        #expect(failure(Array(carriageReturns.utf8)) == .changed)
    }

    @Test func otherFilesAreToldApart() throws {
        for text in ["", "{}", "{\n", "apiVersion: lodge/v1\n", String(repeating: "[", count: 100_000)] {
            #expect(failure(Array(text.utf8)) == .notAPlan)
        }
        let newer = PlanFile.text(of: try saved(version: 2))
        #expect(failure(newer) == .newer(version: 2, lodgeVersion: "9.9.9"))
        // A newer layout that this version cannot decode at all.
        let body = "  \"header\" : {\"format\":\"lodge-plan\",\"version\":3,\"lodgeVersion\":\"10\"}\n}\n"
        let text = "{\n  \"digest\" : \"\(Digest(of: body))\",\n\(body)"
        #expect(failure(Array(text.utf8)) == .newer(version: 3, lodgeVersion: "10"))
        let broken = "  \"header\" : {\"format\":\"lodge-plan\",\"version\":1,\"lodgeVersion\":\"10\"}\n}\n"
        let malformed = failure(Array("{\n  \"digest\" : \"\(Digest(of: broken))\",\n\(broken)".utf8))
        guard case .malformed(let what) = malformed else {
            Issue.record("\(String(describing: malformed))")
            return
        }
        #expect(what.contains("header"), "\(what)")
    }

    /// The digest is no signature: what an apply relies on is checked all the same.
    @Test func forgedPlansAreChecked() throws {
        func step(_ id: Int, needs: [Int] = [], host: Name = Self.host) -> Step {
            Step(
                id: id, address: ResourceAddress(parsing: "guest.a")!, host: host, verb: "remove", needs: needs,
                operation: .removeLeftover(Leftover(kind: .interface, subject: "lgt0", proof: "")))
        }
        for steps in [
            [step(0), step(0)], [step(1)], [step(0, needs: [0])], [step(0, needs: [-1])], [step(0, needs: [7])],
            [step(0, host: Name(parsing: "elsewhere")!)],
        ] {
            guard case .malformed = failure(PlanFile.text(of: try saved(steps: steps))) else {
                Issue.record("\(steps)")
                continue
            }
        }
        #expect(failure(PlanFile.text(of: try saved(steps: [step(0), step(1, needs: [0])]))) == nil)
    }

    @Test func everyFieldThatManifestsTakeFromElsewhereIsSealed() throws {
        var spec = GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max")
        spec.boot = BootSpec(cmdline: "marker-1")
        spec.cloudInit = CloudInit(
            hostname: "marker-2", users: [.init(name: "a.b", sshKeys: ["plain", "marker-3"])], userData: "marker-4")
        for keys in ["cloudInit.users", "cloudInit.users.a.b.sshKeys.1"] {
            spec.secrets = Dictionary(
                uniqueKeysWithValues: ["boot.cmdline", "cloudInit.hostname", "cloudInit.userData", keys].map {
                    ($0, .environment("X"))
                })
            let text = String(decoding: CanonicalJSON.bytes(of: try PlanSeal(salt: "").seal(spec)), as: UTF8.self)
            #expect(!text.contains("marker"), "\(text)")
        }
    }

    @Test func aSecretThatCannotBeSealedIsNotSaved() throws {
        var spec = GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max")
        spec.secrets = ["nics.eth0.mac": .environment("MAC")]
        #expect(throws: UnknownSensitiveField.self) { try PlanSeal(salt: "").seal(spec) }
    }
}
