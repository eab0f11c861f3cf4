import FleetModel

/// Settles what executes each guest's instructions, and says once a host why.
struct ProcessorChooser {
    typealias Processor = (accelerator: Accelerator, model: String)

    let hosts: [ObservedHost]
    private var noted: Set<Int> = []

    init(hosts: [ObservedHost]) { self.hosts = hosts }

    /// - Returns: nil where the guest cannot run there as it asks; a refusal says why.
    mutating func choose(for guest: DesiredGuest, on host: Int, _ remarks: inout Remarks) -> Processor? {
        let accelerator: Accelerator
        switch guest.accelerator {
        case .auto:
            accelerator = hosts[host].preferredAccelerator
            if noted.insert(host).inserted { remarks.notes.append(note(accelerator, host)) }
        case .tcg: accelerator = .tcg
        case .kvm:
            guard kvmServes(guest, on: hosts[host], &remarks) else { return nil }
            accelerator = .kvm
        }
        guard accelerator == .kvm || tcgServes(guest, on: hosts[host], &remarks) else { return nil }
        return (accelerator, guest.cpuModel ?? model(accelerator, hosts[host]))
    }

    /// The most that the accelerator gives; under a KVM that runs firmware images alone, the plainest, since QEMU
    /// aborts there over registers that the host's own model has.
    private func model(_ accelerator: Accelerator, _ host: ObservedHost) -> String {
        switch (accelerator, host.live.facts.kvm) {
        case (.tcg, _): "max"
        case (.kvm, .works): "host"
        case (.kvm, _): "qemu64"
        }
    }

    private func note(_ accelerator: Accelerator, _ host: Int) -> String {
        let reason =
            switch hosts[host].live.facts.kvm {
            case .works: "KVM: a 64-bit guest was seen to run"
            case .limited(let reason), .unusable(let reason): "KVM: \(reason)"
            }
        return "guest accelerator on \(hosts[host].name): \(accelerator.rawValue) (\(reason))"
    }

    private func kvmServes(_ guest: DesiredGuest, on host: ObservedHost, _ remarks: inout Remarks) -> Bool {
        switch host.live.facts.kvm {
        case .works: return true
        case .limited(let reason):
            // A firmware image may keep to what such a KVM executes: real and 32-bit protected mode.
            if case .image = guest.boot { return true }
            remarks.refuse(
                "kvm-limited", "guest.\(guest.name) asks for KVM, which on host.\(host.name) runs no 64-bit system",
                detail: "KVM: \(reason)", help: "set accelerator: auto or tcg", range: guest.origin,
                about: ResourceAddress(.guest, guest.name))
        case .unusable(let reason):
            remarks.refuse(
                "kvm-unusable", "guest.\(guest.name) asks for KVM, which host.\(host.name) does not offer",
                detail: "KVM: \(reason)", help: "set accelerator: auto or tcg", range: guest.origin,
                about: ResourceAddress(.guest, guest.name))
        }
        return false
    }

    private func tcgServes(_ guest: DesiredGuest, on host: ObservedHost, _ remarks: inout Remarks) -> Bool {
        if guest.cpuModel == "host" {
            remarks.refuse(
                "cpu-host-needs-kvm",
                "guest.\(guest.name) asks for the host's CPU model, which TCG on host.\(host.name) cannot give",
                help: "leave out cpu.model, or set it to max", range: guest.origin,
                about: ResourceAddress(.guest, guest.name))
            return false
        }
        if guest.machine == .microvm, case .kernel(_, _, let cmdline) = guest.boot, !cmdline.contains("tsc_early_khz=")
        {
            // QEMU 7.2: Linux waits for ever to calibrate its clock against a timer that microvm does not have, unless
            // it is told how fast it is.
            remarks.refuse(
                "microvm-needs-kvm",
                "guest.\(guest.name): QEMU's microvm hangs with a Linux kernel under TCG, which host.\(host.name) uses",
                help: "set machine: q35, or say in boot.cmdline how fast its clock is: tsc_early_khz=…, in kHz",
                range: guest.origin,
                about: ResourceAddress(.guest, guest.name))
            return false
        }
        return true
    }
}
