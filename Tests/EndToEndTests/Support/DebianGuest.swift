import FleetModel
import HostSystem
import Testing

/// A real Debian in a lab (`Tests/Guests/debian`), with a user `ops` that OpenSSH lets in: what a test edits between two
/// applies.
struct DebianGuest: Sendable {
    static let name = "deb-1"
    static let address = "10.77.0.10"

    let lab: Lab
    /// The private key of `ops`.
    let key: String
    let publicKey: String
    /// Fields of `cloudInit` besides `users`, each a line.
    var seed: [String] = []
    /// More users, each as what stands between its braces.
    var users: [String] = []
    var nics = ["name: eth0, network: lan, ipv4: \(DebianGuest.address)"]
    var ready = "agent"
    /// Its kernel is started by QEMU; else by the GRUB on its disk, which takes half a minute more without KVM.
    var startsKernel = true
    /// More documents, such as networks.
    var documents: [String] = []

    init(in lab: Lab) async throws {
        self.lab = lab
        key = "\(lab.folder)/id"
        try await Command.run(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key], package: "openssh-client")
        publicKey = (try #require(Files.text(key + ".pub"))).filter { $0 != "\n" }
    }

    var fleet: Fleet {
        let image = TestGuests.debian
        var fleet = Fleet()
        fleet.images =
            [
                "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: debian\nspec:\n  source: \(image)/root.qcow2\n"
                    + "  format: qcow2\n"
            ] + documents
        // A model that QEMU emulates faster than its best one.
        fleet.defaults = ["accelerator: tcg", "cpu: {model: qemu64}", "memory: 512MiB", "stop: {graceful: 120s}"]
        let cmdline = (Files.text("\(image)/cmdline") ?? "").filter { $0 != "\n" }
        let boot = ["boot:", "  kernel: \(image)/vmlinuz", "  initrd: \(image)/initrd", "  cmdline: \"\(cmdline)\""]
        let users = ["name: ops, sudo: true, shell: /bin/bash, groups: [adm], sshKeys: [\"\(publicKey)\"]"] + users
        fleet.guests = [
            Fleet.Guest(
                name: Self.name,
                fields: (startsKernel ? boot : [])
                    + [
                        "disks: [{name: root, image: debian}]",
                        "nics: [\(nics.map { "{\($0)}" }.joined(separator: ", "))]",
                        "ready: {when: '\(ready)', timeout: 280s}", "cloudInit:",
                        "  users: [\(users.map { "{\($0)}" }.joined(separator: ", "))]",
                    ] + seed.map { "  " + $0 })
        ]
        return fleet
    }

    /// What the commands print that a shell in the guest is given, run by root; by OpenSSH's own client.
    func run(_ commands: String) async throws -> String {
        try await lab.execute(
            "ssh", "-q", "-i", key, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
            "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=10",
            "ops@\(Self.address)", "sudo -n sh -s", input: commands)
    }

    /// Its public host keys, one a line.
    func hostKeys() async throws -> String { try await run("cat /etc/ssh/ssh_host_*_key.pub") }

    /// Waits until `lodge status` shows what is said of cloud-init.
    func expectCloudInit(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let deadline = ContinuousClock.now + .seconds(300)
        var shown = ""
        while ContinuousClock.now < deadline {
            shown = try await lab.lodge("status").text
            let line = shown.split(separator: "\n").first { $0.hasPrefix(Self.name) } ?? ""
            if line.contains(words) { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        Issue.record("cloud-init is not said to be “\(words)”:\n\(shown)", sourceLocation: sourceLocation)
    }
}
