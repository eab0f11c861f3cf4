import FleetModel
import Glibc
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

@Suite struct ImageCacheTests {
    private let folder = TemporaryFolder()
    private var cache: ImageCache { ImageCache(layout: folder.layout) }

    private func file(_ content: String, size: Int64? = nil) -> CachedFile {
        CachedFile(
            digest: Digest(of: content), format: .kernel, size: ByteCount(bytes: size ?? Int64(content.utf8.count)))
    }

    private var cached: [String] {
        get throws { try Files.list(folder.layout.cacheFolder) }
    }

    @Test func copiesAndListsAndRemoves() throws {
        let content = String(repeating: "kernel", count: 500_000)
        let source = try folder.write(content, to: "vmlinuz")
        let file = file(content)
        try cache.add(file, from: source)
        #expect(Files.text(folder.layout.cached(file)) == content)
        #expect(try cache.list().files == [file])
        var status = stat()
        #expect(stat(folder.layout.cached(file), &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o444)
        // Again, with its source gone: it is there already.
        try Files.remove(source)
        try cache.add(file, from: source)
        try cache.remove(file)
        #expect(try cached.isEmpty)
    }

    @Test(arguments: ["other content of any length", "kern", ""])
    func aFileThatChangedLeavesNothing(now: String) throws {
        let source = try folder.write(now, to: "vmlinuz")
        let error = #expect(throws: ExecutorError.self) { try cache.add(file("kernel"), from: source) }
        #expect(error?.reason.contains(Digest(of: now).text) == true)
        #expect(error?.reason.contains(Digest(of: "kernel").text) == true)
        #expect(error?.advice == "plan again")
        #expect(try cached.isEmpty)
    }

    @Test func aMissingSourceLeavesNothing() throws {
        let error = #expect(throws: ExecutorError.self) { try cache.add(file("x"), from: "\(folder.path)/none") }
        #expect(error?.reason.contains("\(folder.path)/none") == true)
        #expect(try cached.isEmpty)
    }

    @Test func whatCannotFitIsNotBegun() throws {
        let source = try folder.write("x", to: "vmlinuz")
        let error = #expect(throws: ExecutorError.self) { try cache.add(file("x", size: 1 << 60), from: source) }
        #expect(error?.reason.contains("are free at \(folder.layout.cacheFolder)") == true)
        #expect(try cached.isEmpty)
    }

    /// `/dev/full` is a disk that fills while it is written.
    @Test func aDiskThatFillsLeavesNothing() throws {
        let source = try folder.write("x", to: "vmlinuz")
        try Files.makeFolder(folder.layout.cacheFolder)
        let temporary = folder.layout.cached(file("x")) + DurableFile.temporarySuffix
        #expect(symlink("/dev/full", temporary) == 0)
        let error = #expect(throws: ExecutorError.self) { try cache.add(file("x"), from: source) }
        #expect(error?.reason.contains("No space left on device") == true)
        #expect(try cached.isEmpty)
    }

    @Test func anUnfinishedCopyIsALeftoverAndForeignFilesAreNot() throws {
        let name = "\(file("x").fileName)\(DurableFile.temporarySuffix)"
        let path = try folder.write("half", to: "state/images/\(name)")
        try folder.write("mine", to: "state/images/notes.txt")
        let listed = try cache.list()
        #expect(listed.files.isEmpty)
        #expect(listed.leftovers.map(\.subject) == [path])
    }

    @Test func claimsComeAndGoAndUnfinishedOnesAreLeftovers() throws {
        let claims = ImageClaims(layout: folder.layout)
        let owner = guestDefinition(
            "x",
            GuestSpec(
                cpus: 1, memory: .mib(1), machine: .q35, accelerator: .tcg, cpuModel: "max")
        ).owner
        let claim = ImageDefinition(owner: owner, name: name("debian"), file: file("x"), virtualSize: .gib(1))
        try claims.add(claim)
        #expect(try claims.list().claims == [claim])
        let unfinished = try folder.write("{", to: "state/images/claims/demo/new.json" + DurableFile.temporarySuffix)
        for stray in ["junk", "demo/junk"] { try folder.write("junk", to: "state/images/claims/\(stray)") }
        #expect(try claims.list().broken.map(\.subject) == [unfinished])
        // It protects an image.
        let nonsense = try folder.write("{", to: "state/images/claims/demo/nonsense.json")
        let error = #expect(throws: ExecutorError.self) { try claims.list() }
        #expect(error?.reason.contains(nonsense) == true)
        try Files.remove(nonsense)
        try claims.remove(claim)
        #expect(try claims.list().claims.isEmpty)
    }
}
