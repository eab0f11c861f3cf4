import Glibc
import HostSystem
import SystemPackage
import TestSupport
import Testing

@Suite struct DurableFileTests {
    private let folder = TemporaryFolder()
    private var path: String { "\(folder.path)/file" }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func replacesTheContentWhole() throws {
        try DurableFile.write(Array("first, and longer".utf8), to: path)
        try DurableFile.write(Array("second".utf8), to: path)
        #expect(Files.text(path) == "second")
        #expect(try Files.list(folder.path) == ["file"])
    }

    /// Readers see one content or the other, never a part, however often it is replaced.
    @Test func readersNeverSeeAPart() async throws {
        let path = path
        let contents = ["a", "b"].map { String(repeating: $0, count: 100_000) }
        try DurableFile.write(Array(contents[0].utf8), to: path)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for turn in 1...50 { try? DurableFile.write(Array(contents[turn % 2].utf8), to: path) }
            }
            group.addTask {
                for _ in 0..<100 { #expect(contents.contains(Files.text(path) ?? "none")) }
            }
        }
    }

    @Test func setsPermissionsWhateverTheUmask() throws {
        try DurableFile.write([], to: path, mode: 0o666)
        #expect(mode(path) == 0o666)
        try DurableFile.write([], to: path, mode: 0o600)
        #expect(mode(path) == 0o600)
    }

    @Test(.enabled(if: isRoot, "needs root: gives files away")) func setsTheOwner() throws {
        try DurableFile.write([1], to: path, owner: (user: 12_345, group: 54_321))
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_uid == 12_345)
        #expect(status.st_gid == 54_321)
    }

    @Test(.enabled(if: isRoot, "needs root: mounts a small disk"))
    func aFullDiskLeavesTheOldFileAndNothingElse() async throws {
        let disk = "\(folder.path)/disk"
        try Files.makeFolder(disk)
        #expect(mount("tmpfs", disk, "tmpfs", 0, "size=64k") == 0)
        defer { umount2(disk, CInt(MNT_DETACH)) }
        let path = "\(disk)/file"
        try DurableFile.write(Array("old".utf8), to: path)
        let large = [UInt8](repeating: 7, count: 100_000)
        let error = #expect(throws: SystemError.self) { try DurableFile.write(large, to: path) }
        #expect(error?.errno == .noSpace)
        #expect(error?.subject == path)
        #expect(Files.text(path) == "old")
        #expect(try Files.list(disk) == ["file"])
    }

    /// Whoever may write in the folder leads nobody to another file, and gets no old draft's owner or mode.
    @Test func aDraftThatIsThereAlreadyIsNotWrittenTo() throws {
        let victim = try folder.write("victim", to: "elsewhere/victim")
        try Files.setMode(victim, 0o600)
        #expect(symlink(victim, path + DurableFile.temporarySuffix) == 0)
        try DurableFile.write(Array("new".utf8), to: path, mode: 0o644)
        #expect(Files.text(path) == "new")
        #expect(Files.text(victim) == "victim" && mode(victim) == 0o600)
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
        #expect(link(victim, path + DurableFile.temporarySuffix) == 0)
        try DurableFile.write(Array("newer".utf8), to: path, mode: 0o644)
        #expect(Files.text(victim) == "victim" && mode(victim) == 0o600)
    }

    @Test func aMissingFolderIsAnError() {
        let error = #expect(throws: SystemError.self) { try DurableFile.write([], to: "\(folder.path)/none/file") }
        #expect(error?.errno == .noSuchFileOrDirectory)
    }

    @Test func appendAddsAndMakesTheFolder() throws {
        let log = "\(folder.path)/deep/log"
        try Files.append(Array("one\n".utf8), to: log)
        try Files.append(Array("two\n".utf8), to: log)
        #expect(Files.text(log) == "one\ntwo\n")
    }

    @Test func appendToAFullDiskIsAnError() throws {
        #expect(symlink("/dev/full", path) == 0)
        let error = #expect(throws: SystemError.self) { try Files.append([1], to: path) }
        #expect(error?.errno == .noSpace)
    }
}
