import FleetModel
import HostAgent
import HostSystem
import JSONCoding

/// A session with a simulated host, whose state is a JSON file and a journal of the operations since it was
/// written: `simulated/<host>.json` and `.journal` under the state folder.
public actor SimulatedSession: HostSession {
    private let host: Name
    private let policy: HostPolicy
    private let snapshot: String
    private let journal: String
    private let lockFile: String
    private var state: SimulatedState
    private var lock: LockBox?
    /// True where there is a journal, so that the snapshot is not the whole state.
    private var isJournaled = false

    /// A lock that can be kept in a property.
    private final class LockBox: Sendable {
        let lock: HostLock
        init(_ lock: consuming HostLock) { self.lock = lock }
    }

    /// - Throws: where the host's files cannot be read.
    public init(host: Name, policy: HostPolicy, layout: HostLayout) throws(HostError) {
        self.host = host
        self.policy = policy
        let folder = "\(layout.stateFolder)/simulated"
        snapshot = "\(folder)/\(host).json"
        journal = "\(folder)/\(host).journal"
        lockFile = "\(folder)/\(host).lock"
        state = try Self.state(of: host, policy: policy, snapshot: snapshot, journal: journal)
    }

    private static func state(
        of host: Name, policy: HostPolicy, snapshot: String, journal: String
    ) throws(HostError) -> SimulatedState {
        do {
            var live = LiveHost(facts: facts(host, policy))
            if Files.exists(snapshot) {
                live = try JSONFile.read(HostSnapshot.self, from: snapshot).host
                live.facts = facts(host, policy)
            }
            var state = SimulatedState(live: live, policy: policy)
            for operation in try operations(in: journal) { try? state.perform(operation) }
            return state
        } catch {
            throw HostError(.failed, "cannot read the state of simulated host \(host): \(error)")
        }
    }

    /// What was done since the snapshot was written. A last line without its end is an operation that did not happen.
    private static func operations(in journal: String) throws -> [Operation] {
        guard Files.exists(journal) else { return [] }
        let bytes = try Files.read(journal, limit: 1 << 30)
        guard let end = bytes.lastIndex(of: 0x0A) else { return [] }
        return try bytes[..<end].split(separator: 0x0A).enumerated().map { index, line in
            do { return try CompactJSON.decode(Operation.self, from: Array(line)) } catch {
                throw HostError(
                    .failed,
                    "line \(index + 1) of \(journal) is no operation that this Lodge knows: \(error)"
                        + "\n  to do: run lodge apply with the version that wrote it, which then leaves a snapshot")
            }
        }
    }

    /// What a simulated host has: what its manifest declares, and a KVM that works.
    private static func facts(_ host: Name, _ policy: HostPolicy) -> HostFacts {
        let disk = policy.disk ?? .gib(1024)
        return HostFacts(
            instance: InstanceID(parsing: String(Digest(of: "simulated/\(host)").text.prefix(8)))!,
            memory: policy.memory ?? .gib(64), cpus: policy.cpus ?? 16, disk: disk, diskAvailable: disk, kvm: .works,
            qemuVersion: "7.2.0", bootID: "simulated")
    }

    public func observe() -> LiveHost { state.observe() }

    public func lock(holder: String, timeout: Timespan) async throws(HostError) {
        guard lock == nil else { return }
        let acquired = LockBox(try await HostLock.acquire(lockFile, holder: holder, timeout: timeout))
        // The last holder has changed the host since this session began, and may have left a journal cut off halfway.
        state = try Self.state(of: host, policy: policy, snapshot: snapshot, journal: journal)
        isJournaled = Files.exists(journal)
        compact()
        lock = acquired
    }

    public func perform(
        _ step: Step, policy: HostPolicy, progress: @escaping @Sendable (String) -> Void
    ) throws(HostError) -> String? {
        guard lock != nil else { throw HostError(.refused, "the lock of host \(host) is not held by this session") }
        if let expected = step.expects, let present = state.live.fingerprint(of: step.operation),
            present != expected
        {
            throw HostError(
                .refused,
                "\(step.address) on host \(host) is not any more what the plan was made for"
                    + "\n  to do: plan again")
        }
        do { try state.perform(step.operation) } catch { throw HostError(.failed, error.description) }
        do {
            try Files.append(CanonicalJSON.bytes(of: step.operation.withoutCredentials) + [0x0A], to: journal)
        } catch {
            // What is not on disk has not happened.
            state = try Self.state(of: host, policy: self.policy, snapshot: snapshot, journal: journal)
            throw HostError(.failed, error.description)
        }
        isJournaled = true
        return nil
    }

    /// Gives the lock back, and leaves the state as one file, or no file where the host holds nothing.
    public func close() {
        guard lock != nil else { return }
        compact()
        lock = nil
        try? Files.removeEmptyFolder(Files.folder(of: snapshot))
    }

    /// Writes the state as one file and removes the journal; removes both where the host holds nothing.
    private func compact() {
        guard isJournaled else { return }
        do {
            if state.live == LiveHost(facts: state.live.facts) {
                try Files.remove(snapshot)
            } else {
                try JSONFile.writeCompact(HostSnapshot(state.live), to: snapshot)
            }
            try Files.remove(journal)
            isJournaled = false
        } catch {
            // The journal still holds every operation: nothing is lost, the next session reads it again.
        }
    }
}
