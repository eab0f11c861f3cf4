import FleetModel
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

@Suite struct SeedTests {
    private func definition(_ cloudInit: CloudInit?) -> GuestDefinition {
        guestDefinition(
            "web-1",
            GuestSpec(
                cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max", cloudInit: cloudInit))
    }

    private func files(_ cloudInit: CloudInit) -> [String: String] {
        Dictionary(uniqueKeysWithValues: Seed(definition(cloudInit)).files!.map { ($0.name, $0.content) })
    }

    private static let user = CloudInit.User(
        name: "ops", sshKeys: ["ssh-ed25519 AAAA me"], sudo: true, shell: "/bin/sh")

    @Test func usersBecomeACloudConfig() {
        let id = definition(nil).id
        let files = files(CloudInit(users: [Self.user, CloudInit.User(name: "null")]))
        #expect(files["meta-data"] == "instance-id: \"\(id)\"\nlocal-hostname: \"web-1\"\n")
        #expect(
            files["user-data"] == """
                #cloud-config
                hostname: "web-1"
                users:
                  - name: "ops"
                    sudo: "ALL=(ALL) NOPASSWD:ALL"
                    shell: "/bin/sh"
                    ssh_authorized_keys:
                      - "ssh-ed25519 AAAA me"
                  - name: "null"

                """)
    }

    @Test func userDataAloneIsTakenAsItIs() {
        let given = "#!/bin/sh\necho \"$HOME\"\n"
        #expect(files(CloudInit(userData: given))["user-data"] == given)
    }

    @Test(
        arguments: [
            ("#!/bin/sh\nexit\n", "text/x-shellscript"), ("#cloud-config\nruncmd: []\n", "text/cloud-config"),
            ("#cloud-config-archive\n- x\n", "text/plain"), ("#include\nhttp://x\n", "text/x-include-url"),
            ("## template: jinja\n#cloud-config\n", "text/plain"),
        ])
    func bothBecomeAnArchiveOfTwoParts(given: String, type: String) {
        let text = files(CloudInit(hostname: "other", users: [Self.user], userData: given))["user-data"]!
        let boundary = "==lodge-\(definition(nil).id)=="
        #expect(text.hasPrefix("Content-Type: multipart/mixed; boundary=\"\(boundary)\"\nMIME-Version: 1.0\n\n--"))
        let parts = text.components(of: "\n--\(boundary)")
        #expect(parts.count == 4)
        #expect(parts[1].hasPrefix("\nContent-Type: text/cloud-config;"))
        #expect(parts[1].contains("\n\n#cloud-config\nhostname: \"other\"\n"))
        #expect(parts[2].hasPrefix("\nContent-Type: \(type);"))
        #expect(parts[2].hasSuffix("\n\n" + given))
        #expect(parts[3] == "--\n")
    }

    @Test func hostileTextStaysText() {
        let hostile = "\"\\ # - x: &a *b !c {d} \n--- \t\u{1}'"
        let text = files(CloudInit(users: [CloudInit.User(name: "u", sshKeys: [hostile])]))["user-data"]!
        #expect(text.contains(#"      - "\"\\ # - x: &a *b !c {d} \n--- \t\u0001'""#))
        #expect(text.split(separator: "\n").count == 6)
    }

    @Test(.enabled(if: isRoot, "needs root: gives the volume to QEMU's group"))
    func theVolumeIsWhatCloudInitLooksFor() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/seed.iso"
        let user = SystemUser(user: 12_345, group: 54_321)
        try await Seed(definition(CloudInit(userData: "#!/bin/sh\n"))).build(at: path, user: user)
        let description = try await Command.run("isoinfo", ["-d", "-i", path], package: "genisoimage")
        #expect(description.contains("Volume id: cidata\n"))
        for (file, content) in files(CloudInit(userData: "#!/bin/sh\n")) {
            #expect(
                try await Command.run("isoinfo", ["-R", "-x", "/\(file)", "-i", path], package: "genisoimage")
                    == content)
        }
        #expect(try await Command.run("stat", ["-c", "%a %u %g", path], package: "coreutils") == "440 0 54321\n")
        #expect(try Files.list(folder.path) == ["seed.iso"])
        // It says itself what it was built from, and is not built again for that.
        let seed = Seed(definition(CloudInit(userData: "#!/bin/sh\n")))
        #expect(seed.mark != nil && Seed.mark(at: path) == seed.mark)
        #expect(Seed(definition(CloudInit(userData: "#!/bin/sh\nid\n"))).mark != seed.mark)
        let version = Files.version(path)
        try await seed.ensure(at: path)
        #expect(Files.version(path) == version)
        try await Seed(definition(nil)).build(at: path, user: user)
        #expect(try Files.list(folder.path).isEmpty)
    }
}

extension String {
    fileprivate func components(of separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
