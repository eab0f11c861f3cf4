import HostSystem
import Testing

/// A fleet as the text of its manifest: what the tests change from one apply to the next.
struct Fleet: Sendable {
    var name = "e2e"
    var subnet = "10.77.0.0/16"
    var range = "10.77.1.0-10.77.1.250"
    /// A network without guests is not made.
    var network = "lan"
    /// Of the network's `metadata`, such as `formerly: lan`.
    var networkMetadata: [String] = []
    /// The network's `spec`, each field a line; nil: what follows from the fields above.
    var networkSpec: [String]?
    /// More documents.
    var images: [String] = []
    var guests: [Guest] = []
    /// Fields of `spec.defaults`, each a line.
    var defaults = Fleet.tinyDefaults

    struct Guest: Sendable {
        var name: String
        /// Of `metadata`, such as `labels: {tier: web}`.
        var metadata: [String] = []
        /// Of `spec`.
        var fields: [String] = []
    }

    /// A guest of 64 KiB that is its own firmware, and is up in a tenth of a second: Tests/Guests/tiny.
    static let tinyDefaults = [
        "machine: microvm", "accelerator: \(TestGuests.accelerator)", "cpu: {model: qemu64}", "memory: 16MiB",
        "boot: {image: \(TestGuests.tiny)}", "stop: {graceful: 60s}", "ready: {when: address, timeout: 60s}",
    ]

    /// A tiny guest, whose address follows from its MAC address: 10.77.0.`number`.
    static func tiny(
        _ name: String, _ number: Int, metadata: [String] = [], network: String = "lan", _ fields: [String] = []
    ) -> Guest {
        let mac = "52:54:00:00:00:" + hex(number)
        let nic = "nics: [{name: eth0, network: \(network), mac: \"\(mac)\", ipv4: 10.77.0.\(number)}]"
        return Guest(name: name, metadata: metadata, fields: [nic] + fields)
    }

    /// A tiny guest without a NIC, and so without a network.
    static func alone(_ name: String, _ fields: [String] = []) -> Guest {
        Guest(name: name, fields: ["ready: {when: started}"] + fields)
    }

    private static func hex(_ number: Int) -> String { (number < 16 ? "0" : "") + String(number, radix: 16) }

    /// Three tiny guests on a network, each with a disk from an image, one with another of its own.
    static func three(in lab: Lab) async throws -> Fleet {
        var fleet = Fleet()
        fleet.images = [try await lab.blankImage("blank")]
        let root = "{name: root, image: blank, size: 8MiB}"
        fleet.guests = [
            tiny("web-1", 16, ["disks: [\(root), {name: data, size: 8MiB}]"]),
            tiny("web-2", 17, ["disks: [\(root)]", "cloudInit: {hostname: web-two}"]),
            tiny("web-3", 18, ["disks: [\(root)]"]),
        ]
        return fleet
    }

    static let threeAddresses = ["10.77.0.16", "10.77.0.17", "10.77.0.18"]

    var text: String {
        var documents = [
            document("Fleet", name, spec: ["defaults:"] + defaults.map { "  " + $0 }),
            // Guests of other tests run beside, and count.
            document("Host", "local", spec: ["connection: local", "overcommit: {cpu: 64.0}"]),
            document(
                "Network", network, metadata: networkMetadata,
                spec: networkSpec ?? [
                    "mode: nat", "ipv4: {subnet: \(subnet), dhcp: {range: \(range)}}", "dns: {domain: e2e.internal}",
                ]),
        ]
        documents += images
        documents += guests.map { document("Guest", $0.name, metadata: $0.metadata, spec: $0.fields) }
        return documents.joined(separator: "---\n")
    }

    private func document(_ kind: String, _ name: String, metadata: [String] = [], spec: [String]) -> String {
        "apiVersion: lodge/v1\nkind: \(kind)\nmetadata:\n  name: \(name)\n"
            + metadata.map { "  \($0)\n" }.joined() + "spec:\n" + spec.map { "  \($0)\n" }.joined()
    }
}

extension Lab {
    /// Writes the manifest into the lab.
    ///
    /// - Returns: its path.
    func write(_ fleet: Fleet) throws -> String {
        let path = "\(folder)/\(fleet.name).yaml"
        try DurableFile.write(Array(fleet.text.utf8), to: path)
        return path
    }

    /// Makes a raw disk image of 4 MiB with its name at its beginning.
    ///
    /// - Returns: the manifest document that declares it.
    func blankImage(_ name: String, content: String = "", extra: String = "") async throws -> String {
        let path = "\(folder)/\(name).raw"
        let text = Array("\(name) \(content)\n".utf8)
        try DurableFile.write(text + [UInt8](repeating: 0, count: (4 << 20) - text.count), to: path)
        return "apiVersion: lodge/v1\nkind: Image\nmetadata:\n  name: \(name)\nspec:\n  source: \(path)\n"
            + "  format: raw\n" + extra
    }
}
