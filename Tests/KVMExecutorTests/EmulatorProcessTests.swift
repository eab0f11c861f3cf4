import FleetModel
import TestSupport
import Testing

@testable import HostSystem
@testable import KVMExecutor

/// Command lines of QEMU processes that others started, as libvirt, Proxmox and people write them.
@Suite struct EmulatorProcessTests {
    private func process(_ line: String) -> EmulatorProcess {
        let arguments = line.split(separator: " ").map(String.init)
        return EmulatorProcess(
            entry: ProcessEntry(pid: 7, startTime: 1, state: "S", arguments: arguments))
    }

    private func memory(_ line: String) -> ByteCount {
        let total = process("/usr/bin/qemu-system-x86_64 " + line).stranger.memory
        // What QEMU itself needs is a 512th, and a part that does not depend on the memory.
        let fixed = MemoryCost.overhead(memory: .zero, accelerator: line.contains("kvm") ? .kvm : .tcg)
        return ByteCount(bytes: (total - fixed).bytes * 512 / 513)
    }

    @Test(
        arguments: [
            ("-m 512", 512), ("-m 2G", 2_048), ("-m 2g -accel kvm", 2_048), ("-m size=1048576k", 1_024),
            ("-m size=1048576k,slots=16,maxmem=4194304k -machine accel=kvm", 4_096), ("-m 1T", 1 << 20),
            ("--m 64M", 64), ("-m 67108864b", 64), ("-m 1.5G", 1_536), ("-cpu max", 128), ("-m nonsense", 128),
        ])
    func readsMemory(line: String, mebibytes: Int64) {
        let found = memory(line)
        #expect(abs(found.bytes - mebibytes << 20) < 4_096, "\(found.bytes)")
    }

    /// Anybody may start a process called like QEMU with any figures.
    @Test(arguments: [
        "-m 99999999999999999999T", "-m 9223372036854775807", "-m maxmem=8388608T", "-m -5G", "-m ,", "-m =",
    ])
    func hostileFiguresDoNoHarm(line: String) {
        let memory = process("qemu-system-x86_64 " + line).stranger.memory
        #expect(memory > .zero)
        #expect(memory.bytes < 1 << 53)
    }

    @Test(
        arguments: [
            ("-smp 4", 4), ("-smp 2,sockets=1,cores=2,threads=1", 2), ("-smp cpus=6,maxcpus=8", 6),
            ("-smp sockets=2,cores=4,threads=2", 16), ("-smp 99999999999", 1), ("-smp x", 1), ("", 1),
        ])
    func readsCPUs(line: String, count: Int) {
        #expect(process("qemu-system-x86_64 " + line).stranger.cpus == count)
    }

    @Test(
        arguments: [
            ("-name guest=debian12,debug-threads=on", "debian12"), ("-name web,process=x", "web"),
            ("-name process=x", "process=x"), ("", "/usr/bin/qemu-system-x86_64"),
        ])
    func readsNames(line: String, name: String) {
        #expect(process("/usr/bin/qemu-system-x86_64 " + line).stranger.name == name)
    }

    @Test func onlyThisInstancesMarkIsOurs() {
        let instance = InstanceID(parsing: "0a1b2c3d")!
        #expect(process("qemu -name guest=lodge:0a1b2c3d/demo/guest/web-1").owner(instance) == name("demo"))
        #expect(process("qemu -name guest=lodge:0a1b2c3e/demo/guest/web-1").owner(instance) == nil)
        #expect(process("qemu -name guest=lodge:0a1b2c3d").owner(instance) == nil)
        #expect(process("qemu -name guest=lodge:0a1b2c3d/Not_A_Name/guest/x").owner(instance) == nil)
    }

    @Test func aGuestWithoutARecordIsFoundByItsUUID() {
        let definition = guestDefinition(
            "web-1", GuestSpec(cpus: 1, memory: .mib(64), machine: .q35, accelerator: .tcg, cpuModel: "max"))
        let ours = process("qemu-system-x86_64 -uuid \(QEMUCommandLine.uuid(definition))")
        let other = process("qemu-system-x86_64 -uuid 00000000-0000-0000-0000-000000000000")
        #expect(EmulatorProcess.guest(definition, among: [other, ours])?.pid == 7)
        #expect(EmulatorProcess.guest(definition, among: [other]) == nil)
    }
}
