import FleetModel
import QMP

/// More or less memory for a running guest. Beyond what its process was started with, memory is plugged into a
/// virtio-mem device that every guest with room to grow has; below that, a balloon takes it. The guest has to
/// co-operate in both.
struct LiveMemory {
    /// The device's id, and that of the memory behind it.
    static let device = "room"
    static let path = "/machine/peripheral/\(device)"
    /// The device hands out memory in blocks of this size, in bytes: the size of a huge page on x86.
    static let block: Int64 = 2 << 20

    let monitor: GuestMonitor
    let running: RunningGuest
    /// How long the guest may take.
    let patience: Duration

    /// What a process that is to have so much memory starts with (`-m`): whole MiB.
    static func boot(_ memory: ByteCount) -> ByteCount { .mib(memory.bytes >> 20) }

    /// The bytes of the device with which a guest of so much memory can have so much more; nil: it needs none.
    static func room(memory: ByteCount, maxMemory: ByteCount) -> ByteCount? {
        maxMemory > memory ? wholeBlocks(maxMemory - boot(memory)) : nil
    }

    /// What such a process is asked to have beyond that, where it is to have so much.
    static func added(to boot: ByteCount, for size: ByteCount) -> ByteCount {
        size > boot ? wholeBlocks(size - boot) : .zero
    }

    /// What the balloon is to leave where a process is to have so much: whole MiB.
    static func left(for size: ByteCount) -> ByteCount { .mib((size.bytes + (1 << 20) - 1) >> 20) }

    private static func wholeBlocks(_ size: ByteCount) -> ByteCount {
        ByteCount(bytes: (size.bytes + block - 1) / block * block)
    }

    /// What the guest does not take stays as it is: the request is taken back to what is there, so that the guest
    /// never has more, later and unseen, than was recorded and admitted.
    func set(_ size: ByteCount) async throws(ExecutorError) -> LiveOutcome {
        let boot = Self.boot(running.bootMemory)
        let room =
            running.spec.machine == .q35
            ? Self.room(memory: running.bootMemory, maxMemory: running.spec.maxMemory) : nil
        let wanted = Self.added(to: boot, for: size)
        guard wanted <= room ?? .zero else {
            throw ExecutorError(
                monitor.operation, "its process has room for \(boot + (room ?? .zero)), not for \(size)",
                advice: "restart it: a process gets its room when it starts")
        }
        // Memory is not plugged in while the balloon holds some: it comes back first.
        if size >= boot, try await !inflate(leaving: boot) {
            return outcome(try await keepBalloon(), of: size)
        }
        let plugged = room == nil ? .zero : try await plug(wanted)
        guard plugged == wanted else { return outcome(boot + plugged, of: size) }
        guard size < boot else { return .took(.setMemory(size)) }
        if try await inflate(leaving: size) { return .took(.setMemory(size)) }
        return outcome(try await keepBalloon(), of: size)
    }

    private func outcome(_ present: ByteCount, of size: ByteCount) -> LiveOutcome {
        LiveOutcome(
            taken: .setMemory(present),
            remark: "its memory is \(present.rounded) and not \(size.rounded): the guest did not "
                + (present > size ? "let go of the rest" : "take the rest") + " within \(patience); "
                + "a restart brings it")
    }

    // MARK: Balloon

    /// - Parameter size: in effect whole MiB.
    /// - Returns: false where the guest did not do it in time.
    private func inflate(leaving size: ByteCount) async throws(ExecutorError) -> Bool {
        let size = Self.left(for: size)
        if try await leftByBalloon() == size { return true }
        try await monitor.execute("balloon", ["value": .integer(size.bytes)])
        return try await monitor.poll(for: patience) { () throws(ExecutorError) in
            try await leftByBalloon() == size ? true : nil
        } ?? false
    }

    /// - Returns: what the balloon leaves from now on.
    private func keepBalloon() async throws(ExecutorError) -> ByteCount {
        let left = try await leftByBalloon()
        try await monitor.execute("balloon", ["value": .integer(left.bytes)])
        return left
    }

    /// Of the memory that the process was started with: QEMU does not count what is plugged into virtio-mem
    /// (`get_current_ram_size` in hw/virtio/virtio-balloon.c of QEMU 7.2).
    private func leftByBalloon() async throws(ExecutorError) -> ByteCount {
        ByteCount(bytes: Int64(try await monitor.execute(QueryBalloon()).actual))
    }

    // MARK: virtio-mem

    /// - Returns: what is plugged in at the end.
    private func plug(_ size: ByteCount) async throws(ExecutorError) -> ByteCount {
        if try await plugged() == size, try await requested() == size { return size }
        try await request(size)
        let reached = try await monitor.poll(for: patience) { () throws(ExecutorError) in
            try await plugged() == size ? size : nil
        }
        if let reached { return reached }
        // Between the question and the request the guest may go on: what is there in the end counts.
        let present = try await plugged()
        try await request(present)
        return try await plugged()
    }

    private func plugged() async throws(ExecutorError) -> ByteCount {
        ByteCount(bytes: try await monitor.execute(QOMGet(path: Self.path, property: "size", as: Int64.self)))
    }

    private func requested() async throws(ExecutorError) -> ByteCount {
        ByteCount(bytes: try await monitor.execute(QOMGet(path: Self.path, property: "requested-size", as: Int64.self)))
    }

    private func request(_ size: ByteCount) async throws(ExecutorError) {
        try await monitor.execute(
            "qom-set",
            ["path": .string(Self.path), "property": "requested-size", "value": .integer(size.bytes)])
    }
}
