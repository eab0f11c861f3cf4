import FleetModel
import HostSystem
import KVMExecutor
import VirtualNetwork

/// The host side of Lodge: observes this machine and performs operations on it.
public actor HostService {
    nonisolated let layout: HostLayout
    private let admission = Admission()
    private let networkTurn = Turnstile()
    private var instance: InstanceID?
    private var lock: LockBox?
    private var web = WebSettings()

    /// A lock that can be kept in a property.
    private final class LockBox: Sendable {
        let lock: HostLock
        init(_ lock: consuming HostLock) { self.lock = lock }
    }

    public init(layout: HostLayout) { self.layout = layout }

    /// The same for the whole life of the service, also while it is on no disk yet.
    private func identity() throws(HostError) -> InstanceID {
        if let instance { return instance }
        let current = try Instance.current(layout)
        instance = current
        return current
    }

    /// Says how the web is reached: the agent's own environment does not, since sudo strips it.
    func use(_ web: WebSettings) { self.web = web }

    /// Takes an image from whoever sends it. It needs no lock of the host: the file is locked while it comes.
    func store(
        _ file: CachedFile, limit: ByteCount?, parts: AsyncStream<[UInt8]>, written: @escaping @Sendable () -> Void
    ) async throws(HostError) {
        do throws(ExecutorError) {
            try await ImageCache(layout: layout).receive(file, limit: limit, parts: parts, written: written)
        } catch {
            await sweep()
            throw HostError(Task.isCancelled ? .cancelled : .failed, error.description)
        }
    }

    /// Removes the folders of an instance that holds nothing, unless somebody is at work here.
    private func sweep() async {
        guard lock == nil else { return }
        do {
            lock = LockBox(
                try await HostLock.acquire(layout.lockFile, holder: "lodge image push", timeout: .seconds(0)))
        } catch {
            return
        }
        leave()
    }

    public func observe() async throws(HostError) -> LiveHost {
        try await HostObserver(layout: layout, instance: try identity()).observe()
    }

    func lock(holder: String, timeout: Timespan) async throws(HostError) {
        guard lock == nil else { return }
        lock = LockBox(try await HostLock.acquire(layout.lockFile, holder: holder, timeout: timeout))
    }

    func perform(
        _ step: Step, policy: HostPolicy, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) -> String? {
        guard lock != nil else { throw HostError(.refused, "the host's lock is not held by this session") }
        let instance = try identity()
        do { try Instance.keep(instance, layout) } catch { throw HostError(.failed, error.description) }
        let observer = HostObserver(layout: layout, instance: instance)
        try await observer.check(step)
        let performer = Performer(
            layout: layout, network: NetworkHost(layout: layout, instance: instance), observer: observer,
            admission: admission, networkTurn: networkTurn, policy: policy, web: web)
        return try await performer.perform(step.operation, progress: progress)
    }

    nonisolated func examine() async -> [HostCheck] { await HostExamination(layout: layout).checks() }

    /// Gives the lock back, and removes the traces of an instance that holds nothing.
    func leave() {
        guard lock != nil else { return }
        Instance.sweep(layout)
        lock = nil
        try? Files.removeEmptyFolder(layout.runFolder)
    }
}
