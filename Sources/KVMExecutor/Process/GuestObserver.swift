import FleetModel
import HostSystem
import QMP

/// Finds out what runs.
public struct GuestObserver: Sendable {
    /// How long a guest's monitor may take to answer. It answers in a millisecond; on a host whose processors are all
    /// taken by guests without KVM, seconds were seen.
    private static let patience = Duration.seconds(10)

    let layout: HostLayout
    let instance: InstanceID

    public init(layout: HostLayout, instance: InstanceID) {
        self.layout = layout
        self.instance = instance
    }

    /// Every guest of the instance with its state, QEMU processes of others, and what belongs to no definition.
    public func observe() async throws(ExecutorError) -> (
        guests: [LiveGuest], retained: [RetainedGuest], strangers: [StrangerProcess], leftovers: [Leftover]
    ) {
        let store = GuestStore(layout: layout)
        let listed = try store.list()
        let runs: [String]
        do { runs = try Files.list(layout.guestRunsFolder) } catch {
            throw ExecutorError("observe the guests", error)
        }
        let processes = ProcessTable.all()
        let emulators = EmulatorProcess.among(processes)
        let answers = await withTaskGroup(of: Result<LiveGuest, ExecutorError>.self) { group in
            for definition in listed.definitions {
                group.addTask {
                    do throws(ExecutorError) {
                        return .success(try await observe(definition, emulators: emulators))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var guests: [LiveGuest] = []
        for answer in answers { guests.append(try answer.get()) }
        let known = Set(listed.definitions.map(QEMUCommandLine.uuid))
        let ids = Set(listed.definitions.map(\.id.text))
        var leftovers = listed.broken
        for process in emulators where process.owner(instance) != nil && !known.contains(process.uuid ?? "") {
            leftovers.append(
                Leftover(
                    kind: .process, subject: "\(process.entry.pid)",
                    proof: "QEMU runs with this instance's mark \(process.name), but no definition has its id",
                    fleet: process.owner(instance), process: process.stranger))
        }
        leftovers += await TPMLeftovers(layout: layout, guests: guests).list(among: processes)
        for run in runs where ObjectID(parsing: run) != nil && !ids.contains(run) {
            leftovers.append(
                Leftover(
                    kind: .runFolder, subject: "\(layout.guestRunsFolder)/\(run)",
                    proof: "it lies in this instance's run folder, and no guest has this id"))
        }
        let strangers = emulators.filter { $0.owner(instance) == nil }.map(\.stranger)
        return (
            guests.sorted {
                ($0.definition.owner.fleet, $0.definition.name) < ($1.definition.owner.fleet, $1.definition.name)
            }, listed.retained, strangers, leftovers
        )
    }

    /// One guest, or nil where it has no definition.
    public func observe(_ guest: GuestReference) async throws(ExecutorError) -> LiveGuest? {
        let store = GuestStore(layout: layout)
        guard Files.exists(layout.guest(guest.fleet, guest.name).definition) else { return nil }
        let definition = try store.definition(guest.fleet, guest.name)
        let isRecorded = try store.liveProcess(definition) != nil
        return try await observe(definition, emulators: isRecorded ? [] : EmulatorProcess.all())
    }

    /// What holds memory now, without asking any of it how it is: for deciding whether one more guest fits. Every QEMU
    /// counts: one that is no guest's, whoever started it, is among the strangers.
    public func processes() throws(ExecutorError) -> (guests: [LiveGuest], strangers: [StrangerProcess]) {
        let store = GuestStore(layout: layout)
        let emulators = EmulatorProcess.all()
        var guests: [LiveGuest] = []
        for definition in try store.list().definitions {
            let recorded = try store.liveProcess(definition)
            guard let process = recorded ?? EmulatorProcess.guest(definition, among: emulators) else { continue }
            guests.append(LiveGuest(definition: definition, state: .running, process: process))
        }
        let known = Set(guests.compactMap { $0.process?.pid })
        return (guests, emulators.filter { !known.contains($0.entry.pid) }.map(\.stranger))
    }

    private func observe(
        _ definition: GuestDefinition, emulators: [EmulatorProcess]
    ) async throws(ExecutorError) -> LiveGuest {
        let store = GuestStore(layout: layout)
        let folder = layout.guest(definition.owner.fleet, definition.name)
        var guest = LiveGuest(definition: definition, state: .stopped)
        guest.missingDisks = definition.spec.disks.filter { !Files.exists(folder.disk($0)) }.map(\.name)
        guest.missingState = definition.spec.keptState.filter { state in
            switch state {
            case .firmwareVariables: FirmwareVariables(definition, layout: layout).isMissing
            case .tpm: TPMState(definition, layout: layout).isMissing
            }
        }
        // One that is gone needs no more remembering.
        guest.definition.doomedDisks.removeAll { disk in
            !DiskFormat.allCases.contains { Files.exists(folder.disk(disk, $0)) }
        }
        guest.keptDisks = DiskFiles(definition, layout: layout).kept(besides: definition.spec)
            .filter { !definition.doomedDisks.contains($0.name) }
        guard let process = try store.liveProcess(definition) else {
            if let lost = EmulatorProcess.guest(definition, among: emulators) {
                guest.process = lost
                guest.state = .unresponsive("the record of its process is gone")
            }
            return guest
        }
        guest.process = process
        if process.spec.display == .vnc { guest.display = layout.guestRun(definition.id).display }
        do throws(QMPError) {
            let session = try await QMPSession.connect(
                path: layout.guestRun(definition.id).observer, timeout: Self.patience)
            defer { session.close() }
            var seen = try await SeenDevices.ask(session, about: process.spec, timeout: Self.patience)
            seen.seed = SeenSeed(folder.seed, pid: process.pid)
            seen.hasTPM = !process.spec.hasTPM || TPMProcess.live(of: definition.id, layout: layout) != nil
            guest.state = seen.state == .running ? .running : .halted(seen.state.text)
            guest.freePorts = seen.freePorts
            guest.defects = DeviceDefects(definition: definition, process: process, folder: folder).list(seen)
        } catch {
            guest.state = .unresponsive(error.description)
        }
        return guest
    }
}

extension GuestStore {
    /// The guest's record of its process, where that very process lives and is the guest's: a pid and a start time
    /// name one process within one boot, and its command line says what it is.
    public func liveProcess(_ definition: GuestDefinition) throws(ExecutorError) -> RunningGuest? {
        guard let running = try running(definition.id), running.bootID == Machine.bootID,
            let entry = ProcessTable.entry(running.pid), !entry.isDead, entry.startTime == running.startTime,
            EmulatorProcess(entry: entry).runs(definition, layout: layout)
        else { return nil }
        return running
    }
}
