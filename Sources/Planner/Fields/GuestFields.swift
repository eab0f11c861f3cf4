import FleetModel

/// The fields of a guest, its disks and NICs left out.
let guestFields: [FieldRule<GuestSpec>] = guestSizeFields + guestMachineFields + seedFields + guestRecordFields

/// What a guest is given of its host.
private let guestSizeFields: [FieldRule<GuestSpec>] = [
    FieldRule("labels", \.labels, text: labelText, [.always("any", "any", .live)]),
    FieldRule(
        "cpus", \.cpus, text: { "\($0)" },
        [
            .when("more", "more, up to the `maxCpus` that it was started with", .live, needsGuest: true) {
                $0.new.cpus > $0.old.cpus && $0.new.cpus <= $0.guest.maxCPUs && $0.guest.takesHotPlug
            },
            .when(
                "more-microvm", "more, on microvm or pc", .restart, note: { $0.guest.noHotPlug },
                if: { $0.new.cpus > $0.old.cpus && !$0.guest.takesHotPlug }),
            .when(
                "beyond", "more than that", .restart, note: { "its process has room for \($0.guest.maxCPUs)" },
                if: { $0.new.cpus > $0.old.cpus }),
            .when("fewer", "fewer, under KVM", .live, needsGuest: true) {
                $0.guest.accelerator == .kvm && $0.guest.takesHotPlug
            },
            .when(
                "fewer-microvm", "fewer, on microvm or pc", .restart, note: { $0.guest.noHotPlug },
                if: { !$0.guest.takesHotPlug }),
            .always(
                "fewer-tcg", "fewer, under TCG", .restart,
                note: { _ in "QEMU without KVM does not survive taking a CPU away" }),
        ]),
    FieldRule(
        // Where neither manifest asks for room, it is no field of its own.
        "maxCpus",
        differs: { $0.maxCPUs != $1.maxCPUs && !($0.maxCPUs == $0.cpus && $1.maxCPUs == $1.cpus) },
        text: { "\($0.maxCPUs)" },
        [.deferred("any", "any", note: "takes effect at its next restart")]),
    FieldRule(
        "memory", \.memory, text: { "\($0)" },
        [
            .when("more", "more, up to the `maxMemory` that it was started with", .live, needsGuest: true) {
                $0.new.memory > $0.old.memory && $0.new.memory <= $0.guest.maxMemory
                    && ($0.guest.takesHotPlug || $0.new.memory <= $0.guest.bootMemory)
            },
            .when(
                "more-microvm", "more than it was started with, on microvm or pc", .restart,
                note: { $0.guest.noHotPlug }, if: { $0.new.memory > $0.old.memory && !$0.guest.takesHotPlug }),
            .when(
                "beyond", "more than that", .restart, note: { "its process has room for \($0.guest.maxMemory)" },
                if: { $0.new.memory > $0.old.memory }),
            .when(
                "less-legacy", "less, with `devices: legacy`", .restart, note: { _ in "it has no balloon" },
                if: { $0.guest.devices == .legacy }),
            .when("less", "less, down to what it was started with", .live, needsGuest: true) {
                $0.new.memory >= $0.guest.bootMemory
            },
            .always(
                "balloon", "less than it was started with", .live, needsGuest: true,
                note: { "counted with \($0.guest.bootMemory) until its next restart" }),
        ]),
    FieldRule(
        "maxMemory",
        differs: { $0.maxMemory != $1.maxMemory && !($0.maxMemory == $0.memory && $1.maxMemory == $1.memory) },
        text: { "\($0.maxMemory)" },
        [.deferred("any", "any", note: "takes effect at its next restart")]),
]

/// What a guest is started as.
private let guestMachineFields: [FieldRule<GuestSpec>] = [
    FieldRule("machine", \.machine, text: { $0.rawValue }, [.always("any", "any", .replace)]),
    FieldRule("accelerator", \.accelerator, text: { $0.rawValue }, [.always("any", "any", .restart)]),
    FieldRule("cpu.model", \.cpuModel, text: { $0 }, [.always("any", "any", .restart)]),
    FieldRule(
        "firmware", \.firmware, text: { $0.rawValue },
        [
            .when(
                "secure", "`uefi` to `uefi-secure` and back", .restart,
                note: { _ in "each of the two has variables of its own" },
                if: { $0.old.firmware.hasVariables && $0.new.firmware.hasVariables }),
            .always(
                "any", "from or to `bios`", .restart,
                note: { _ in "a system that was installed for the other firmware does not boot" }),
        ]),
    FieldRule(
        "tpm", \.hasTPM, text: { "\($0)" },
        [
            .when("add", "`true`", .restart, if: { $0.new.hasTPM }),
            .always(
                "remove", "`false`", .restart,
                note: { _ in "what is sealed by it cannot be read without it; its state is kept" }),
        ]),
    FieldRule("devices", \.devices, text: { $0.rawValue }, [.always("any", "any", .replace)]),
    FieldRule("display", \.display, text: { $0.rawValue }, [.always("any", "any", .restart)]),
    FieldRule("boot.kernel", { $0.boot?.kernel }, text: { $0?.short }, [.always("any", "other bytes", .restart)]),
    FieldRule("boot.initrd", { $0.boot?.initrd }, text: { $0?.short }, [.always("any", "other bytes", .restart)]),
    FieldRule("boot.cmdline", { $0.boot?.cmdline }, text: { $0.map(quoted) }, [.always("any", "any", .restart)]),
    FieldRule("boot.image", { $0.boot?.image }, text: { $0?.short }, [.always("any", "other bytes", .restart)]),
]

/// What a guest's process does not notice.
private let guestRecordFields: [FieldRule<GuestSpec>] = [
    FieldRule(
        "power", \.power, text: { $0.rawValue },
        [
            .when("start", "`running`", .live, if: { $0.new.power == .running }),
            .always("stop", "`stopped`", .restart),
        ]),
    FieldRule("stop.graceful", \.stopGrace, text: { "\($0)" }, [.always("any", "any", .live)]),
    FieldRule("protect", \.isProtected, text: { "\($0)" }, [.always("any", "any", .live)]),
    FieldRule(
        "valueFrom", \.secrets, text: secretText,
        [.always("any", "another source of the same value", .live)]),
]

/// As a line for people; nil: there are none.
public func labelText(_ labels: [String: String]) -> String? {
    labels.isEmpty ? nil : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
}

/// Sources are no secrets; what they hold is.
private func secretText(_ secrets: [String: SecretSource]) -> String? {
    guard !secrets.isEmpty else { return nil }
    return secrets.sorted { $0.key < $1.key }.map { path, source in
        switch source {
        case .file(let file): "\(path) from the file \(file)"
        case .environment(let name): "\(path) from the variable \(name)"
        }
    }.joined(separator: ", ")
}
