import FleetModel
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

@Suite struct SeedTests {
    private func definition(_ cloudInit: CloudInit?, nics: [NICSpec] = []) -> GuestDefinition {
        guestDefinition(
            "web-1",
            GuestSpec(
                cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max", nics: nics,
                cloudInit: cloudInit))
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

    @Test func allThatAManifestAsksForBecomesACloudConfig() {
        let files = files(
            CloudInit(
                users: [
                    CloudInit.User(name: "ops", groups: ["adm", "sudo"], passwordHash: "$6$salt$hash")
                ],
                packages: ["nginx", "curl=7.88"], runCommands: ["echo \"a: b\" >/x", "true\nfalse"],
                writeFiles: [
                    CloudInit.File(path: "/etc/motd", content: "hello\n"),
                    CloudInit.File(path: "/home/ops/x", content: "", permissions: "0600", owner: "ops:ops"),
                ]))
        #expect(
            files["user-data"] == """
                #cloud-config
                hostname: "web-1"
                users:
                  - name: "ops"
                    groups: "adm, sudo"
                    lock_passwd: false
                    hashed_passwd: "$6$salt$hash"
                packages:
                  - "nginx"
                  - "curl=7.88"
                write_files:
                  - path: "/etc/motd"
                    content: "hello\\n"
                  - path: "/home/ops/x"
                    content: ""
                    permissions: "0600"
                    owner: "ops:ops"
                    defer: true
                runcmd:
                  - "echo \\"a: b\\" >/x"
                  - "true\\nfalse"

                """)
        #expect(files["network-config"] == nil)
    }

    /// Without it cloud-init sets up one of them.
    @Test func severalNICsAreInTheSeed() {
        func nic(_ name: String, _ mac: String) -> NICSpec {
            NICSpec(
                name: Name(parsing: name)!, network: Name(parsing: "lan")!,
                networkID: ObjectID(kind: .network, fleet: Name(parsing: "demo")!, name: Name(parsing: "lan")!),
                mac: MACAddress(parsing: mac)!, ipv4: IPv4Address(parsing: "10.0.0.9")!)
        }
        let one = nic("front", "52:54:00:00:00:01")
        #expect(definition(CloudInit(), nics: [one]).spec.seedNetworkConfig == nil)
        #expect(definition(nil, nics: [one, one]).spec.seedNetworkConfig == nil)
        let two = definition(CloudInit(), nics: [one, nic("back", "52:54:00:00:00:02")])
        #expect(
            Dictionary(uniqueKeysWithValues: Seed(two).files!.map { ($0.name, $0.content) })["network-config"] == """
                version: 2
                ethernets:
                  "front":
                    match: {macaddress: "52:54:00:00:00:01"}
                    set-name: "front"
                    dhcp4: true
                    dhcp4-overrides: {route-metric: 100}
                  "back":
                    match: {macaddress: "52:54:00:00:00:02"}
                    set-name: "back"
                    dhcp4: true
                    dhcp4-overrides: {route-metric: 200}

                """)
        let long = definition(CloudInit(), nics: [one, nic("a-name-of-16-chr", "52:54:00:00:00:02")])
        #expect(long.spec.seedNetworkConfig?.contains("set-name: \"eth1\"") == true)
        let own = CloudInit(networkConfig: "version: 1\n")
        #expect(definition(own, nics: [one, one]).spec.seedNetworkConfig == "version: 1\n")
    }

    /// cloud-init works again for another instance, and leaves the guest's host keys alone.
    @Test func aRestartForAChangedSeedMakesAnotherInstance() {
        var first = definition(CloudInit(userData: "#!/bin/sh\n", onChange: .restart))
        first.spec.disks = [DiskSpec(name: Name(parsing: "root")!, size: .mib(8))]
        func after(_ earlier: GuestDefinition, _ edit: (inout GuestDefinition) -> Void) -> GuestDefinition {
            var next = earlier
            next.seedInstance = nil
            next.generation += 1
            edit(&next)
            next.keepPendingDisks(of: earlier)
            return next
        }
        let same = after(first) { $0.spec.cpus = 2 }
        #expect(same.seedInstance == nil)
        let changed = after(same) { $0.spec.cloudInit?.hostname = "other" }
        #expect(changed.seedInstance == "\(first.id)-3")
        #expect(after(changed) { $0.spec.cpus = 3 }.seedInstance == changed.seedInstance)
        let back = after(changed) { $0.spec.cloudInit?.hostname = nil }
        #expect(back.seedInstance == "\(first.id)-4", "cloud-init remembers all instances that it has seen")
        #expect(after(changed) { $0.pendingDisks = [Name(parsing: "root")!] }.seedInstance == nil)
        #expect(after(first) { $0.spec.cloudInit = CloudInit(hostname: "x") }.seedInstance == nil, "ignored")
        #expect(after(first) { $0.spec.cloudInit?.onChange = .ignore }.seedInstance == nil)

        let files = Dictionary(uniqueKeysWithValues: Seed(changed).files!.map { ($0.name, $0.content) })
        #expect(files["meta-data"]?.hasPrefix("instance-id: \"\(first.id)-3\"\n") == true)
        #expect(files["user-data"]?.contains("\nssh_deletekeys: false\n") == true)
        #expect(Seed(changed).mark == Seed(after(changed) { $0.spec.cpus = 3 }).mark)
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

    /// Its fields are those of the part, or cloud-init would take all of it for a text that it does not know.
    @Test(arguments: ["MIME-Version: 1.0\nContent-Type: ", "Content-Type: "])
    func anArchiveBecomesAPartAsItIs(start: String) {
        let given =
            start + "multipart/mixed; boundary=\"x\"\n\n--x\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--x--\n"
        let text = files(CloudInit(users: [Self.user], userData: given))["user-data"]!
        let parts = text.components(of: "\n--==lodge-\(definition(nil).id)==")
        #expect(parts.count == 4)
        #expect(parts[2] == "\n" + given)
    }

    @Test func hostileTextStaysText() {
        let hostile = "\"\\ # - x: &a *b !c {d} \n--- \t\u{1}\u{7F}\u{85}\u{2028}'"
        let text = files(CloudInit(users: [CloudInit.User(name: "u", sshKeys: [hostile])]))["user-data"]!
        #expect(text.contains(#"      - "\"\\ # - x: &a *b !c {d} \n--- \t\u0001\u007f\u0085\u2028'""#))
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
