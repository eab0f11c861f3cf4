import FleetModel
import Glibc
import HostSystem
import Testing

/// Debian with cloud-init, systemd, OpenSSH and the QEMU guest agent, as people run it.
@Suite(.serialized, .needsHost) struct DebianTests {
    private static let secret = "hunter2-of-debian"

    /// One guest through all that a seed can ask for, and through a changed seed under each `onChange`: three boots.
    ///
    /// Impact row: guest.cloudInit.packages.exchange, guest.cloudInit.runCommands.exchange
    /// Impact row: guest.cloudInit.writeFiles.exchange, guest.cloudInit.networkConfig.exchange
    /// Impact row: guest.cloudInit.packages.restart, guest.cloudInit.runCommands.restart
    /// Impact row: guest.cloudInit.writeFiles.restart, guest.cloudInit.networkConfig.restart
    /// Impact row: guest.cloudInit.runCommands.replace
    @Test func aSeedFromApplyToEachChangeOfIt() async throws {
        try await Lab.run { lab in
            var guest = try await DebianGuest(in: lab)
            try DurableFile.write(Array("\(Self.secret)\n".utf8), to: "\(lab.folder)/token.secret")
            guest.documents = [
                "apiVersion: lodge/v1\nkind: Network\nmetadata: {name: back}\n"
                    + "spec: {mode: isolated, ipv4: {subnet: 10.78.0.0/24}}\n"
            ]
            guest.nics = [
                "name: front, network: lan, ipv4: \(DebianGuest.address)",
                "name: behind, network: back, ipv4: 10.78.0.10",
            ]
            guest.seed = Self.firstSeed
            try await created(guest)
            let identity = try await identity(guest)
            try await ignored(&guest, identity)
            try await restarted(&guest, identity)
            try await replaced(&guest, identity)
            #expect(try await lab.destroy(guest.fleet).code == 0)
        }
    }

    private static let firstSeed = [
        "packages: [lodge-greeting]",
        "runCommands: [\"cat /usr/share/lodge-greeting/greeting >/root/ran\", \"echo $((6 * 7)) >>/root/ran\"]",
        "writeFiles:", "  - {path: /etc/token, content: {valueFrom: {file: ./token.secret}}, permissions: \"0600\"}",
        "  - {path: /home/ops/notes/one, content: \"of ops\", owner: \"ops:ops\"}",
        "userData: |", "  #cloud-config", "  runcmd:", "    - touch /root/of-user-data",
    ]

    private func created(_ guest: DebianGuest) async throws {
        let lab = guest.lab
        let apply = try await lab.apply(guest.fleet)
        #expect(apply.code == 0 && apply.says("Apply complete!"), "\(apply)")
        #expect(!apply.text.contains(Self.secret))
        // The agent answers before cloud-init is through.
        try await guest.expectCloudInit(" done ")
        let json = try await lab.lodge("status", "--output", "json")
        #expect(json.output.contains(#""cloudInit":{"status":"done"}"#))

        let login = try await lab.lodge("ssh", "-i", guest.key, DebianGuest.name, "hostname")
        #expect(login.code == 0 && login.output == "\(DebianGuest.name)\n", "\(login)")
        #expect(try await guest.run("cat /root/ran") == "hello\n42\n")
        #expect(try await guest.run("ls /root/of-user-data") == "/root/of-user-data\n", "a list of each part")
        #expect(try await guest.run("cat /etc/token; stat -c '%a %U' /etc/token") == "\(Self.secret)\n600 root\n")
        #expect(try await guest.run("stat -c '%U:%G' /home/ops/notes/one; id -nG ops") == "ops:ops\nops adm\n")
        // Both of them, by their names, and the first one leads outside.
        #expect(
            try await guest.run("ip -4 -br a | awk '{print $1, $3}' | grep -v ^lo")
                == "front \(DebianGuest.address)/16\nbehind 10.78.0.10/24\n")
        #expect(try await guest.run("ip r show default").contains("dev front"))
        try await noChanges(guest)

        // What the seed says is root's and QEMU's.
        let seed = lab.layout.guest(Name(parsing: "e2e")!, Name(parsing: DebianGuest.name)!).seed
        var status = stat()
        #expect(stat(seed, &status) == 0 && status.st_mode & 0o7777 == 0o440 && status.st_uid == 0)
    }

    /// The guest has the new seed at hand and does not act on it.
    private func ignored(_ guest: inout DebianGuest, _ identity: String) async throws {
        let lab = guest.lab
        let boot = try await guest.run("cat /proc/sys/kernel/random/boot_id; echo kept >/root/marker")
        guest.seed = [
            "packages: [lodge-greeting, sudo]", "runCommands: [touch /root/second]",
            "writeFiles: [{path: /etc/second, content: x}]",
            "networkConfig: {version: 2, ethernets: {front: {match: {name: \"fr*\"}, dhcp4: true}}}",
        ]
        let apply = try await lab.apply(guest.fleet)
        #expect(apply.code == 0 && apply.says("0 added, 1 changed, 0 destroyed"), "\(apply)")
        #expect(try await guest.run("cat /proc/sys/kernel/random/boot_id") == boot)
        let found = try await eventually { try await guest.run("grep -ac /root/second /dev/sr0 || true") == "1\n" }
        #expect(found, "the new seed is not in the drive")
        #expect(try await guest.run("ls /root/second /etc/second 2>&1 | grep -c 'No such file'") == "2\n")
        #expect(try await self.identity(guest) == identity)
        try await noChanges(guest)
    }

    /// cloud-init does all of its work once more; the disk stays, and who knew the guest by its host keys knows it.
    private func restarted(_ guest: inout DebianGuest, _ identity: String) async throws {
        let lab = guest.lab
        let keys = try await guest.hostKeys()
        let boot = try await guest.run("cat /proc/sys/kernel/random/boot_id")
        guest.seed = [
            "onChange: restart", "packages: [lodge-greeting]", "runCommands: [touch /root/third]",
            "writeFiles: [{path: /etc/third, content: x, permissions: 0640}]",
        ]
        guest.users = ["name: dev"]
        guest.ready = "tcp:22"
        let apply = try await lab.apply(guest.fleet)
        #expect(apply.code == 0 && apply.says("0 added, 1 changed, 0 destroyed"), "\(apply)")
        try await guest.expectCloudInit(" done ")
        #expect(try await guest.run("cat /proc/sys/kernel/random/boot_id") != boot)
        #expect(try await guest.run("cat /root/marker; ls /root/third; id -nu dev") == "kept\n/root/third\ndev\n")
        #expect(try await guest.run("stat -c %a /etc/third; ls /root/second 2>&1 | grep -c 'No such'") == "640\n1\n")
        #expect(try await guest.hostKeys() == keys)
        let login = try await lab.lodge("ssh", "-i", guest.key, DebianGuest.name, "true")
        #expect(login.code == 0 && login.text.isEmpty, "\(login)")
        #expect(try await self.identity(guest) == identity)
        try await noChanges(guest)
    }

    /// A new root disk, which starts by its own boot loader.
    private func replaced(_ guest: inout DebianGuest, _ identity: String) async throws {
        let lab = guest.lab
        guest.seed = ["onChange: replace", "hostname: deb.example.org", "runCommands: [touch /root/fourth]"]
        guest.users = []
        guest.startsKernel = false
        guest.ready = "console:\"login:\""
        let apply = try await lab.apply(guest.fleet)
        #expect(apply.code == 0 && apply.says("1 added, 0 changed, 1 destroyed"), "\(apply)")
        try await guest.expectCloudInit(" done ")
        let login = try await lab.lodge("ssh", "-i", guest.key, DebianGuest.name, "hostname; hostname -f")
        #expect(login.code == 0 && login.output == "deb\ndeb.example.org\n", "\(login)")
        #expect(login.errors.contains("has new host keys, by its own word"), "\(login)")
        #expect(try await guest.run("ls /root") == "fourth\n")
        #expect(try await self.identity(guest) == identity)
        try await noChanges(guest)
    }

    /// What a guest keeps: MAC and IP addresses.
    private func identity(_ guest: DebianGuest) async throws -> String {
        try await guest.run("cat /sys/class/net/front/address /sys/class/net/behind/address; ip -4 -br a show front")
    }

    private func noChanges(_ guest: DebianGuest) async throws {
        let plan = try await guest.lab.plan(guest.fleet)
        #expect(plan.code == 0 && plan.says("No changes."), "\(plan)")
        #expect(!plan.text.contains(Self.secret))
    }
}
