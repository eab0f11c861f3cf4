import FleetModel
import Foundation
import Testing

@testable import ManifestReader

/// Where manifests come from.
@Suite struct SourceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let fleet = "apiVersion: lodge/v1\nkind: Fleet\nmetadata: {name: demo}\n"

    private static func host(_ name: String) -> String {
        """
        apiVersion: lodge/v1
        kind: Host
        metadata: {name: \(name)}
        spec: {connection: simulated, capacity: {memory: 8GiB, cpus: 4, disk: 1TiB}}
        """
    }

    @Test func aFolderIsReadWithItsSubfolders() throws {
        try folder.write(Self.fleet, to: "z.yaml")
        try folder.write(Self.host("a"), to: "a/b/c.yml")
        try folder.write(Self.host("b"), to: "a/d.yaml")
        try folder.write("not read: [", to: "a/d.json")
        let reading = readManifests([.path(folder.path)], requireFleet: true)
        #expect(reading.diagnostics.isEmpty)
        #expect(reading.fleet?.hosts.map(\.name.text) == ["a", "b"])
        #expect(reading.fleet?.hosts.first?.origin?.file == "\(folder.path)/a/b/c.yml")
    }

    @Test func aFileThatIsReachedTwiceIsReadOnce() throws {
        let file = try folder.write(Self.fleet, to: "fleet.yaml")
        let reading = readManifests([.path(file), .path(folder.path), .path(file)], requireFleet: true)
        #expect(reading.fleet?.name.text == "demo")
        #expect(reading.diagnostics.isEmpty)
    }

    @Test func aLoopOfLinksEnds() throws {
        try folder.write(Self.fleet, to: "fleet.yaml")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/loop", withDestinationPath: folder.path)
        #expect(readManifests([.path(folder.path)], requireFleet: true).fleet != nil)
    }

    @Test func whatIsMissingIsReportedOnce() {
        let reading = readManifests([.path("/nonexistent/a"), .path("/nonexistent/b")], requireFleet: true)
        #expect(reading.diagnostics.map(\.code) == ["unreadable-path", "unreadable-path"])
        #expect(reading.diagnostics[0].summary == "cannot read \"/nonexistent/a\": No such file or directory")
    }

    @Test func aDeadLinkIsReported() throws {
        try folder.write(Self.fleet, to: "fleet.yaml")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/dead.yaml", withDestinationPath: "/nonexistent")
        #expect(readManifests([.path(folder.path)], requireFleet: true).diagnostics.map(\.code) == ["unreadable-path"])
    }

    @Test func argumentsAreToldApart() {
        #expect(ManifestSource(argument: "-") == .standardInput)
        #expect(ManifestSource(argument: "./-") == .path("./-"))
    }

    @Test func whatCouldNotBeReadHidesNoMore() throws {
        // The guest may well be in the file that is missing: one error is enough.
        let text =
            Self.fleet + "---\napiVersion: lodge/v1\nkind: Guest\nmetadata: {name: a}\n"
            + "spec: {memory: 1GiB, host: x, disks: [{name: r, image: y}], nics: [{name: e, network: z}]}\n"
        let file = try folder.write(text, to: "a.yaml")
        let reading = readManifests([.path(file), .path("/nonexistent")], requireFleet: true)
        #expect(reading.diagnostics.map(\.code) == ["unreadable-path"])
    }

    @Test func relativePathsStartAtTheManifest() throws {
        try folder.write("kernel", to: "boot/vmlinuz")
        let guest = """
            apiVersion: lodge/v1
            kind: Guest
            metadata: {name: a}
            spec: {memory: 64MiB, boot: {kernel: ../boot/./vmlinuz, initrd: "file://\(folder.path)/boot/vm%6Cinuz"}}
            """
        try folder.write(Self.fleet + "---\n" + guest, to: "manifests/a.yaml")
        let reading = readManifests([.path(folder.path + "/manifests")], requireFleet: true)
        guard case .kernel(let kernel, let initrd, _) = try #require(reading.fleet?.guests.first?.boot) else {
            Issue.record("no kernel")
            return
        }
        #expect(kernel.path == folder.path + "/manifests/../boot/vmlinuz")
        #expect(kernel.digest == Digest(of: "kernel"))
        #expect(kernel.size == ByteCount(bytes: 6))
        #expect(initrd?.path == folder.path + "/boot/vmlinuz")
    }

    @Test func aPipeIsNotWaitedFor() throws {
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        let text = Self.fleet + "---\napiVersion: lodge/v1\nkind: Image\nmetadata: {name: a}\nspec: {source: ./pipe}\n"
        let reading = readManifests([.path(try folder.write(text, to: "a.yaml"))], requireFleet: true)
        #expect(reading.diagnostics.map(\.code) == ["unreadable-file"])
        #expect(readManifests([.path(folder.path + "/a.yaml")], requireFleet: true).fleet == nil)
    }
}
