import Glibc
import HostSystem
import JSONCoding
import SystemPackage
import TestSupport
import Testing

@Suite struct FilesTests {
    private let folder = TemporaryFolder()

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func removingATreeFollowsNoLinks() throws {
        let kept = try folder.write("precious", to: "outside/file")
        try folder.write("x", to: "tree/a/b/c")
        #expect(symlink("\(folder.path)/outside", "\(folder.path)/tree/a/link") == 0)
        #expect(symlink("\(folder.path)/nowhere", "\(folder.path)/tree/dangling") == 0)
        #expect(symlink("\(folder.path)/outside", "\(folder.path)/link") == 0)
        try Files.removeTree("\(folder.path)/tree")
        try Files.removeTree("\(folder.path)/link")
        try Files.removeTree("\(folder.path)/never-there")
        #expect(try Files.list(folder.path) == ["outside"])
        #expect(Files.text(kept) == "precious")
    }

    /// A pipe in a file's place is not waited for, and a link in its place is not followed.
    @Test func synchronisingIsNotLedAway() throws {
        #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
        #expect(symlink("/etc/hostname", "\(folder.path)/link") == 0)
        for name in ["pipe", "link"] {
            #expect(throws: SystemError.self) { try DurableFile.synchronise("\(folder.path)/\(name)") }
        }
    }

    @Test func whatFilesTakeIsNotTheirSize() throws {
        try folder.write("x", to: "disks/deep/sparse")
        #expect(truncate("\(folder.path)/disks/deep/sparse", 1 << 40) == 0)
        let little = Files.allocated(below: "\(folder.path)/disks")
        #expect(little < 1 << 30)
        try DurableFile.write([UInt8](repeating: 7, count: 4 << 20), to: "\(folder.path)/disks/deep/full")
        #expect(Files.allocated(below: "\(folder.path)/disks") >= little + (1 << 20))
        #expect(Files.allocated(below: "\(folder.path)/never-there") == 0)
    }

    @Test func removingEmptyFoldersLeavesWhatIsUsed() throws {
        let root = "\(folder.path)/root"
        for name in ["a", "b", "c/d"] { try Files.makeFolder("\(root)/\(name)") }
        try folder.write("x", to: "root/b/file")
        try folder.write("x", to: "root/file")
        Files.removeEmptyFolders(in: root)
        #expect(try Set(Files.list(root)) == ["b", "c", "file"])

        for name in ["b/file", "file", "c/d"] { try Files.removeTree("\(root)/\(name)") }
        Files.removeEmptyFolders(in: root)
        #expect(!Files.exists(root))
        Files.removeEmptyFolders(in: root)
    }

    @Test func makingAFolderLeavesThoseThatAreThereAsTheyAre() throws {
        let shared = "\(folder.path)/shared"
        try Files.makeFolder(shared, mode: 0o1777)
        #expect(symlink(shared, "\(folder.path)/link") == 0)
        try Files.makeFolder("\(folder.path)/link/mine/deep", mode: 0o750)
        #expect(mode(shared) == 0o1777)
        #expect(mode("\(shared)/mine") == 0o750)
        try Files.makeFolder(shared, mode: 0o700)
        #expect(mode(shared) == 0o1777)
    }

    @Test func aFileInTheWayOfAFolderIsAnError() throws {
        let file = try folder.write("x", to: "file")
        #expect(throws: SystemError.self) { try Files.makeFolder(file) }
        #expect(throws: SystemError.self) { try Files.makeFolder("\(file)/below") }
        #expect(mode(file) == 0o644)
    }

    @Test func theNearestFolderIsTheOneThatIsThere() throws {
        try Files.makeFolder("\(folder.path)/real")
        #expect(symlink("\(folder.path)/real", "\(folder.path)/link") == 0)
        #expect(Files.nearestFolder("\(folder.path)/real/a/b") == "\(folder.path)/real")
        #expect(Files.nearestFolder("\(folder.path)/link") == "\(folder.path)/link")
        #expect(Files.nearestFolder("/surely-not-there/a") == "/")
    }

    @Test func readingStopsAtTheLimit() throws {
        let file = try folder.write(String(repeating: "x", count: 5_000), to: "file")
        #expect(try Files.read(file, limit: 5_000).count == 5_000)
        let error = #expect(throws: SystemError.self) { try Files.read(file, limit: 4_999) }
        #expect(error?.errno == .fileTooLarge)
        #expect(try Files.read("/proc/self/stat").isEmpty == false)
    }

    @Test func whatIsGoneIsNoErrorForListingAndRemoving() throws {
        #expect(try Files.list("\(folder.path)/none").isEmpty)
        try Files.remove("\(folder.path)/none")
        try Files.removeEmptyFolder("\(folder.path)/none")
        try Files.makeFolder("\(folder.path)/full/x")
        #expect(throws: SystemError.self) { try Files.removeEmptyFolder("\(folder.path)/full") }
    }

    @Test func valuesOfANewerVersionAreToldApartFromNonsense() throws {
        struct Value: Versioned, Equatable {
            static let currentSchema = 1
            static let upgrades: [@Sendable (inout JSONValue) -> Void] = []
            var schema: Int
            var field: String
        }
        let path = "\(folder.path)/value.json"
        try JSONFile.write(Value(schema: 1, field: "x"), to: path)
        #expect(try JSONFile.read(Value.self, from: path) == Value(schema: 1, field: "x"))
        try folder.write(#"{"schema": 2, "renamed": true}"#, to: "value.json")
        #expect { try JSONFile.read(Value.self, from: path) } throws: {
            if case JSONFile.Failure.newer(path, 2) = $0 { true } else { false }
        }
        try folder.write("{", to: "value.json")
        #expect { try JSONFile.read(Value.self, from: path) } throws: {
            if case JSONFile.Failure.malformed = $0 { true } else { false }
        }
    }
}
