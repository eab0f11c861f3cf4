import FleetModel
import Planner
import SimulatedHost
import Testing

/// What firmware and TPM mean to a plan besides their fields.
@Suite struct FirmwareTests {
    private func fleet() throws -> GuestFleet {
        try GuestFleet { guest in (guest.firmware, guest.hasTPM) = (.uefi, true) }
    }

    @Test(arguments: [Firmware.uefi, .uefiSecure])
    func aHostWithoutTheFilesIsRefused(firmware: Firmware) throws {
        var fleet = try GuestFleet()
        fleet.guest.firmware = firmware
        fleet.guest.hasTPM = true
        fleet.change(features: [])
        let refusals = fleet.plan().refusals
        #expect(refusals.map(\.code) == ["\(firmware.rawValue)-missing", "tpm-missing"])
        #expect(
            refusals.map(\.help) == [
                "install it there: apt install ovmf", "install it there: apt install swtpm swtpm-tools",
            ])
        fleet.change(features: HostFeature.allCases)
        #expect(fleet.plan().refusals.isEmpty)
    }

    /// What is gone is made anew, and said; a guest that runs has it until its next start, and then not.
    @Test(arguments: KeptState.allCases)
    func whatAGuestKeepsIsMissed(state: KeptState) throws {
        var fleet = try fleet()
        fleet.live.missingState = [state]
        var change = try fleet.change()
        #expect(change.impact == .restart && change.isDrift)
        #expect(change.causes == [state.loss])
        fleet.live.process = nil
        fleet.live.state = .stopped
        change = try fleet.change()
        #expect(change.impact == .live && change.causes.contains(state.loss))
        try fleet.apply()
        #expect(fleet.live.missingState.isEmpty && fleet.live.state == .running)
    }

    /// What nobody asks for any more is not missed.
    @Test func aStateThatGoesIsNotMissed() throws {
        var fleet = try fleet()
        fleet.live.missingState = [.tpm]
        fleet.guest.hasTPM = false
        let change = try fleet.change()
        #expect(change.fields.map(\.path) == ["tpm"] && change.causes.isEmpty)
    }

    @Test func aTPMThatEndedIsDrift() throws {
        var fleet = try fleet()
        fleet.live.defects = [.tpmEnded]
        let change = try fleet.change()
        #expect(change.impact == .restart && change.isDrift && change.causes == [GuestDefect.tpmEnded.text])
        try fleet.apply()
    }

    /// It ends a process, but nobody's system.
    @Test func aTPMThatIsLeftOverIsRemoved() throws {
        var fleet = try fleet()
        fleet.leave(Leftover(kind: .tpmProcess, subject: "4711", proof: "it names the run folder"))
        let change = try #require(fleet.plan().changes.first { $0.address.kind == .leftover })
        #expect(change.impact == .live && change.causes.contains { $0.contains("TPM process 4711") })
        try fleet.apply()
    }

    /// Under a KVM that runs no 64-bit system, OVMF ends in an internal error.
    @Test func uefiIsTranslatedWhereKVMIsLimited() throws {
        var fleet = try GuestFleet(kvm: .limited("no long mode"))
        fleet.guest.firmware = .uefi
        let plan = fleet.plan()
        #expect(plan.notes.contains { $0.contains("tcg (KVM: no long mode)") }, "\(plan.notes)")
        fleet.guest.accelerator = .kvm
        #expect(fleet.plan().refusals.map(\.code) == ["kvm-limited"])
    }

    /// It hangs, unless it is told its clock.
    @Test func linuxOnAMicrovmWithoutKVMNeedsItsClock() throws {
        var fleet = try GuestFleet(kvm: .unusable("none")) { guest in
            (guest.machine, guest.cloudInit, guest.maxMemory, guest.maxCPUs) = (.microvm, nil, guest.memory, guest.cpus)
            guest.boot = .kernel(FleetGenerator.file("vmlinuz"), initrd: nil, cmdline: "tsc_early_khz=1000000")
        }
        #expect(fleet.plan().refusals.isEmpty)
        fleet.guest.boot = .kernel(FleetGenerator.file("vmlinuz"), initrd: nil, cmdline: "quiet")
        #expect(fleet.plan().refusals.map(\.code) == ["microvm-needs-kvm"])
    }

    @Test func whatTheyTakeIsCounted() {
        let plain = GuestSpec(cpus: 1, memory: .mib(256), machine: .q35, accelerator: .tcg, cpuModel: "max")
        var spec = plain
        (spec.firmware, spec.hasTPM, spec.display) = (.uefiSecure, true, .vnc)
        #expect(spec.memoryCost - plain.memoryCost == .mib(88 + 6 + 32))
    }
}
