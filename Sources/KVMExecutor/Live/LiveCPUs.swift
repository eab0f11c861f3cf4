import FleetModel
import QMP

/// More or fewer virtual CPUs for a running guest, up to what its process was started with room for. The guest has to
/// co-operate: it brings a new one online (Debian's udev rules do), and gives up one that is to go.
struct LiveCPUs {
    let monitor: GuestMonitor
    let running: RunningGuest
    /// How long the guest may take for each.
    let patience: Duration

    /// A place for a virtual CPU: schema `HotpluggableCPU`, in part.
    private struct Slot: Decodable, Sendable {
        /// Socket, die, core and thread, as `device_add` wants them back.
        var props: [String: Int64]
        var type: String
        /// Nil: nothing is in it.
        var path: String?

        private enum CodingKeys: String, CodingKey {
            case props, type
            case path = "qom-path"
        }

        var position: [Int64] { ["socket-id", "die-id", "core-id", "thread-id"].map { props[$0] ?? 0 } }
        /// The id of what Lodge plugs in there.
        var device: String { "cpu-" + position.map(String.init).joined(separator: "-") }
    }

    private struct QuerySlots: QMPCommand {
        static let name = "query-hotpluggable-cpus"
        typealias Reply = [Slot]
    }

    func set(_ count: Int) async throws(ExecutorError) -> LiveOutcome {
        guard running.spec.machine == .q35, count <= running.spec.maxCPUs else {
            throw ExecutorError(
                monitor.operation,
                "its process has room for \(running.spec.machine == .q35 ? running.spec.maxCPUs : running.spec.cpus), "
                    + "not for \(count)",
                advice: "restart it: a process gets its room when it starts")
        }
        let slots = try await monitor.execute(QuerySlots()).sorted {
            $0.position.lexicographicallyPrecedes($1.position)
        }
        let present = slots.filter { $0.path != nil }
        if count < present.count { return try await unplug(present.suffix(present.count - count), leaving: count) }
        return try await plug(slots.filter { $0.path == nil }.prefix(count - present.count), until: count)
    }

    private func plug(_ slots: ArraySlice<Slot>, until count: Int) async throws(ExecutorError) -> LiveOutcome {
        for slot in slots {
            var arguments: [String: QMPValue] = ["driver": .string(slot.type), "id": .string(slot.device)]
            for (name, number) in slot.props { arguments[name] = .integer(number) }
            try await monitor.execute("device_add", .object(arguments))
        }
        let all = try await monitor.poll(for: patience) { () throws(ExecutorError) in
            try await unconfirmed().isEmpty ? true : nil
        }
        if all != nil { return .took(.setCPUs(count)) }
        let confirmed = count - (try await unconfirmed().count)
        return LiveOutcome(
            taken: .setCPUs(confirmed),
            remark: "it uses \(confirmed) of \(count) virtual CPUs: the guest has not taken the others within "
                + "\(patience); a restart brings them")
    }

    /// The plugged CPUs of which the guest's ACPI has not said that it took them: `_OST` with source 1 (device check)
    /// and status 0 (ACPI 6.4, section 6.3.5), which QEMU keeps for each place.
    private func unconfirmed() async throws(ExecutorError) -> [String] {
        guard case .array(let places) = try await monitor.execute("query-acpi-ospm-status") else { return [] }
        return places.compactMap { place in
            guard place["slot-type"] == "CPU", let device = place["device"]?.stringValue, device.hasPrefix("cpu-"),
                place["source"]?.integerValue == 0 || place["status"]?.integerValue != 0
            else { return nil }
            return device
        }
    }

    /// From the last one backwards: a guest does not give up its first.
    private func unplug(_ slots: ArraySlice<Slot>, leaving count: Int) async throws(ExecutorError) -> LiveOutcome {
        guard running.spec.accelerator == .kvm else {
            throw ExecutorError(
                monitor.operation, "fewer virtual CPUs need a restart without KVM: QEMU would end",
                advice: "restart it")
        }
        var left = count + slots.count
        for slot in slots.reversed() {
            guard let path = slot.path else { continue }
            guard try await monitor.unplug(path, within: patience) else {
                return LiveOutcome(
                    taken: .setCPUs(left),
                    remark: "it has \(left) virtual CPUs and not \(count): the guest did not let go of the others "
                        + "within \(patience); a restart brings it")
            }
            left -= 1
        }
        return .took(.setCPUs(count))
    }
}
