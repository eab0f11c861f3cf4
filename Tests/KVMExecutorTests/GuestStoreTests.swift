import FleetModel
import Glibc
import HostSystem
import TestSupport
import Testing

@testable import KVMExecutor

@Suite struct GuestStoreTests {
    private let folder = TemporaryFolder()
    private var store: GuestStore { GuestStore(layout: folder.layout) }
    private let definition = guestDefinition(
        "web-1", GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max"))

    private func write(_ definition: GuestDefinition, in folderName: String) throws {
        try Files.makeFolder("\(folder.layout.guestsFolder)/demo/\(folderName)")
        try JSONFile.write(definition, to: "\(folder.layout.guestsFolder)/demo/\(folderName)/guest.json")
    }

    @Test func listsDefinitionsAndWhatHasNone() throws {
        #expect(try store.list().definitions.isEmpty)
        try write(definition, in: "web-1")
        try Files.makeFolder("\(folder.layout.guestsFolder)/demo/empty")
        // Not Lodge's, wherever they lie.
        for stray in ["junk", "demo/junk", "demo/web-1/junk", "demo/.junk", "No Name/x"] {
            try folder.write("junk", to: "state/guests/\(stray)")
        }
        let listed = try store.list()
        #expect(listed.definitions == [definition])
        #expect(listed.broken.map(\.subject) == ["\(folder.layout.guestsFolder)/demo/empty"])
        #expect(listed.broken.allSatisfy { $0.kind == .stateFolder && $0.fleet == name("demo") })
    }

    /// Taken for a leftover, a running guest would be ended and its disks removed.
    @Test(arguments: ["", "{", "{}", "\u{0}\u{0}"])
    func aDefinitionThatMakesNoSenseIsAnErrorAndNoLeftover(text: String) throws {
        try write(definition, in: "web-1")
        let file = try folder.write(text, to: "state/guests/demo/web-2/guest.json")
        let error = #expect(throws: ExecutorError.self) { try store.list() }
        #expect(error?.reason.contains(file) == true, "\(error?.description ?? "")")
        #expect(error?.advice?.contains("\(folder.layout.guestsFolder)/demo/web-2 by hand") == true)
    }

    @Test func aLinkThatLeadsNowhereIsAnErrorAndNoLeftover() throws {
        try Files.makeFolder("\(folder.layout.guestsFolder)/demo/web-1")
        #expect(symlink("/nonexistent/guest.json", "\(folder.layout.guestsFolder)/demo/web-1/guest.json") == 0)
        #expect(throws: ExecutorError.self) { try store.list() }
    }

    /// It holds the definition's secrets.
    @Test func theRecordOfAProcessIsRootsAlone() throws {
        try Files.makeFolder(folder.layout.guestRun(definition.id).path)
        let running = RunningGuest(generation: 1, spec: definition.spec, pid: 1, startTime: 1, bootID: "")
        try store.write(running, of: definition.id)
        var status = stat()
        #expect(stat(folder.layout.guestRun(definition.id).running, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    /// What a newer Lodge wrote is no leftover: removing it would destroy a guest.
    @Test func aNewerDefinitionIsAnErrorAndNoLeftover() throws {
        try folder.write(
            #"{"schema": 99, "spec": "changed beyond recognition"}"#, to: "state/guests/demo/web-1/guest.json")
        let error = #expect(throws: ExecutorError.self) { try store.list() }
        #expect(error?.reason.contains("newer Lodge (schema 99)") == true)
    }

    /// What was to be deleted is, whatever comes between, unless it is wanted again.
    @Test func aDiskThatGoesWithItsDataIsRemembered() {
        var first = definition
        first.spec.disks = [
            DiskSpec(name: name("a"), size: .mib(8), onRemove: .delete), DiskSpec(name: name("b"), size: .mib(8)),
        ]
        var second = definition
        second.spec.disks = []
        second.keepPendingDisks(of: first)
        #expect(second.doomedDisks == [name("a")])
        var third = definition
        third.spec.disks = [first.spec.disks[1]]
        third.keepPendingDisks(of: second)
        #expect(third.doomedDisks == [name("a")])
        var last = first
        last.keepPendingDisks(of: third)
        #expect(last.doomedDisks.isEmpty)
    }

    /// Taken for a process that is not there, it would be restarted.
    @Test func aNewerRecordOfAProcessIsAnError() throws {
        try write(definition, in: "web-1")
        let record = folder.layout.guestRun(definition.id)
        try Files.makeFolder(record.path)
        try DurableFile.write(Array(#"{"schema": 99}"#.utf8), to: record.running)
        let error = #expect(throws: ExecutorError.self) { try store.running(definition.id) }
        #expect(error?.reason.contains("newer Lodge (schema 99)") == true)
    }

    @Test func aNewerClaimIsAnErrorAndNoLeftover() throws {
        try folder.write(#"{"schema": 2}"#, to: "state/images/claims/demo/base.json")
        let error = #expect(throws: ExecutorError.self) { try ImageClaims(layout: folder.layout).list() }
        #expect(error?.reason.contains("newer Lodge (schema 2)") == true)
    }

    @Test func aDefinitionThatCannotBeReadIsAnErrorAndNoLeftover() throws {
        try Files.makeFolder("\(folder.layout.guestsFolder)/demo/web-1/guest.json")
        #expect(throws: ExecutorError.self) { try store.list() }
    }

    /// A rename moves the folder first: from then on the guest has its new name.
    @Test func anInterruptedRenameIsARename() throws {
        try write(definition, in: "web-2")
        let listed = try store.list()
        #expect(listed.broken.isEmpty)
        #expect(listed.definitions.map(\.name) == [name("web-2")])
        #expect(listed.definitions.map(\.id) == [definition.id])
        try GuestDefiner(layout: folder.layout).rename(definition.reference, to: name("web-2"))
        #expect(try store.definition(name("demo"), name("web-2")).name == name("web-2"))
    }
}
