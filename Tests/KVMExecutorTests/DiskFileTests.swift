import FleetModel
import Glibc
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

/// Disks' files as qemu-img makes them, and what a guest's QEMU may have written into them.
@Suite(.enabled(if: geteuid() == 0 && getpwnam("lodge-qemu") != nil, "needs root and the user lodge-qemu"))
struct DiskFileTests {
    private let folder = TemporaryFolder()

    /// A guest with a folder of its own, and in the cache a qcow2 image of 4 MiB that begins with 512 bytes of 0x41.
    private func guest(_ disks: [DiskSpec]) async throws -> (definition: GuestDefinition, files: DiskFiles) {
        // QEMU's user looks for its files below.
        try Files.makeFolder(folder.layout.cacheFolder)
        for path in [folder.path, folder.layout.stateFolder, folder.layout.cacheFolder] {
            try Files.setMode(path, 0o755)
        }
        let image = folder.layout.cached(digest("a"), .qcow2)
        if !Files.exists(image) {
            try await Command.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "4M"], package: "qemu-utils")
            try await Command.run(
                "qemu-io", ["-f", "qcow2", "-c", "write -P 0x41 0 512", image], package: "qemu-utils")
        }
        let definition = guestDefinition(
            "web-1",
            GuestSpec(
                cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max", disks: disks))
        return (definition, DiskFiles(definition, layout: folder.layout))
    }

    private func disk(_ format: DiskFormat, _ size: ByteCount, based: Bool = true) -> DiskSpec {
        let base = DiskSpec.Base(image: name("base"), digest: digest("a"), format: .qcow2)
        return DiskSpec(name: name("root"), base: based ? base : nil, size: size, format: format)
    }

    private func define(_ definition: GuestDefinition) async throws {
        try await GuestDefiner(layout: folder.layout).define(definition)
    }

    private func holds(_ byte: String, _ path: String, _ format: DiskFormat, at offset: Int = 0) async throws -> Bool {
        let outcome = try await Command.outcome(
            of: "qemu-io", ["-r", "-f", format.rawValue, "-c", "read -P \(byte) \(offset) 512", path],
            package: "qemu-utils")
        return outcome.exitCode == 0 && !outcome.output.contains("failed")
    }

    @Test func aRawDiskIsACopyThatGrowsAndIsMadeAnew() async throws {
        let (definition, files) = try await guest([disk(.raw, .mib(8))])
        try await define(definition)
        let path = files.folder.disk(name("root"), .raw)
        #expect(Files.size(path) == 8 << 20)
        #expect(try await holds("0x41", path, .raw))
        #expect(try #require(Files.occupied(path)) < 1 << 20, "it takes what is on it alone")
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_uid != 0)

        try await Command.run("qemu-io", ["-f", "raw", "-c", "write -P 0x42 0 512", path], package: "qemu-utils")
        var larger = definition
        larger.spec.disks = [disk(.raw, .mib(12))]
        try await define(larger)
        #expect(Files.size(path) == 12 << 20)
        #expect(try await holds("0x42", path, .raw), "what was on it is kept")
        #expect(files.kept(besides: definition.spec).isEmpty)
        var without = definition
        without.spec.disks = []
        #expect(
            files.kept(besides: without.spec) == [KeptDisk(name: name("root"), format: .raw, size: .mib(12))])

        // In another format, it is another file.
        var other = definition
        other.spec.disks = [disk(.qcow2, .mib(12))]
        other.pendingDisks = [name("root")]
        try await define(other)
        #expect(!Files.exists(path))
        #expect(try await holds("0x41", files.folder.disk(name("root")), .qcow2))
        try files.remove(name("root"))
        #expect(!Files.exists(files.folder.disk(name("root"))))
    }

    /// A guest whose QEMU was taken over may write to its disk's file as it likes, but makes root open nothing.
    @Test func aRewrittenHeaderOpensNothingOfTheHost() async throws {
        let (definition, files) = try await guest([disk(.qcow2, .mib(8))])
        try await define(definition)
        let path = files.folder.disk(name("root"))
        let secret = try folder.write("root's alone", to: "secret")
        try Files.setMode(secret, 0o600)
        try await Command.run(
            "qemu-img", ["rebase", "-u", "-f", "qcow2", "-F", "raw", "-b", secret, path], package: "qemu-utils")
        var larger = definition
        larger.spec.disks = [disk(.qcow2, .mib(12))]
        let error = await #expect(throws: ExecutorError.self) { try await define(larger) }
        #expect(error?.reason.contains("its header says that it is an overlay on \(secret)") == true, "\(error!)")

        // Were it not looked at, qemu-img could not open it either.
        let user = try SystemUser.find()
        let outcome = try await Command.outcome(
            of: "qemu-img", ["resize", "-f", "qcow2", path, "12M"], package: "qemu-utils",
            user: (user.user, user.group))
        #expect(outcome.exitCode == 1 && outcome.errors.contains("Permission denied"), "\(outcome)")
    }

    /// What a guest writes at the beginning of a raw disk is never taken for a header.
    @Test func aRawDiskThatLooksLikeAnImageStaysRaw() async throws {
        let (definition, files) = try await guest([disk(.raw, .mib(8), based: false)])
        try await define(definition)
        let path = files.folder.disk(name("root"), .raw)
        let image = folder.layout.cached(digest("a"), .qcow2)
        try await Command.run(
            "dd", ["if=\(image)", "of=\(path)", "conv=notrunc", "status=none"], package: "coreutils")
        var larger = definition
        larger.spec.disks = [disk(.raw, .mib(12), based: false)]
        try await define(larger)
        #expect(Files.size(path) == 12 << 20)
    }

    @Test func aDestroyedGuestKeepsWhatItIsToKeep() async throws {
        var data = disk(.raw, .mib(8), based: false)
        data.name = name("data")
        data.onDestroy = .keep
        let (definition, files) = try await guest([disk(.qcow2, .mib(8)), data])
        try await define(definition)
        let definer = GuestDefiner(layout: folder.layout)
        let store = GuestStore(layout: folder.layout)
        try definer.remove(definition.reference, keeping: definition.disksKeptOnDestroy)
        #expect(try Files.list(files.folder.path).sorted() == ["data.raw", "kept.json"])
        let kept = try #require(try store.list().retained.first)
        #expect(kept.disks == [KeptDisk(data)] && kept.owner == definition.owner && kept.folder == files.folder.path)

        // One whose header cannot be read is still kept, and no leftover.
        let odd = files.folder.disk(name("odd"), .qcow2)
        try DurableFile.write(Array("no header".utf8), to: odd)
        let record = try #require(try store.retained(name("demo"), name("web-1")))
        var more = record
        more.disks.append(name("odd"))
        try JSONFile.write(more, to: files.folder.retained)
        let unread = #expect(throws: ExecutorError.self) { try store.list() }
        #expect(unread?.description.contains("the header of disk odd") == true)
        try JSONFile.write(record, to: files.folder.retained)
        try Files.remove(odd)

        // A plan that did not know of it does not overwrite it.
        var anew = definition
        anew.pendingDisks = [name("root"), name("data")]
        await #expect(throws: ExecutorError.self) { try await define(anew) }
        #expect(try store.list().retained == [kept])
        anew.pendingDisks = [name("root")]
        anew.spec.disks = [disk(.qcow2, .mib(8))]
        try await define(anew)
        #expect(try store.list().retained.isEmpty)
        // The new guest does not have the disk, and keeps it as the one before it did.
        let again = try store.definition(name("demo"), name("web-1"))
        #expect(again.disksKeptOnDestroy == [name("data")])
        try definer.remove(again.reference, keeping: again.disksKeptOnDestroy)
        #expect(try store.list().retained.first?.disks == [KeptDisk(data)])
        // Cut off before the definition went, it is a guest still.
        try JSONFile.write(again, to: files.folder.definition)
        #expect(try store.list().retained.isEmpty)
        try definer.remove(again.reference, keeping: [])
        #expect(!Files.exists(files.folder.path))
    }

    @Test func aReserveIsNotUsedUp() throws {
        let free = try Files.space(at: "/tmp").available
        let storage = StorageReserve(folder: "/tmp/not/there", reserved: ByteCount(bytes: free) - .mib(64))
        try storage.check("copy it", .mib(1))
        let error = #expect(throws: ExecutorError.self) { try storage.check("copy it", .gib(1)) }
        #expect(error?.reason.contains("are reserved (storage.reserve)") == true)
    }

    @Test func theProbeOfIOUringSaysWhatQEMUSays() async throws {
        func ending(_ script: String) async throws -> Command.Outcome {
            try await Command.outcome(of: "bash", ["-c", script], package: "bash")
        }
        #expect(IOUringProbe.judge(try await ending("echo 'read 16/16 bytes at offset 0'")) == nil)
        let words = "qemu-system-x86_64: -blockdev x: failed to init linux io_uring ring"
        let refused = try await ending("echo '\(words)' >&2; exit 1")
        #expect(IOUringProbe.judge(refused) == "-blockdev x: failed to init linux io_uring ring")
        #expect(IOUringProbe.judge(try await ending("kill -KILL $$")) != nil)
    }
}
