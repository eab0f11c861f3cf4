import FleetModel
import TestSupport
import Testing

@testable import HostSystem
@testable import KVMExecutor

/// Which processes are guests' TPMs: what is taken for one may be killed.
@Suite struct TPMProcessTests {
    private static let layout = HostLayout(runFolder: "/run/lodge")
    private static let guest = ObjectID(kind: .guest, fleet: name("demo"), name: name("web-1"))

    private func process(_ program: String, _ arguments: [String]) -> TPMProcess? {
        TPMProcess(
            ProcessEntry(pid: 7, startTime: 9, state: "S", arguments: [program] + arguments), layout: Self.layout)
    }

    @Test func oneIsKnownByTheFileThatItNames() {
        let arguments = TPMProcess.arguments(control: 3, run: Self.layout.guestRun(Self.guest))
        #expect(process("/usr/bin/swtpm", arguments)?.guest == Self.guest)
        let elsewhere = HostLayout(runFolder: "/run/lodge2")
        #expect(process("swtpm", TPMProcess.arguments(control: 3, run: elsewhere.guestRun(Self.guest))) == nil)
        #expect(process("/usr/bin/less", arguments) == nil)
        for file in ["file=/run/lodge/guests/\(Self.guest)/tpm.pid/x", "file=/run/lodge/guests/x/tpm.pid", "--pid"] {
            #expect(process("swtpm", ["socket", "--pid", file]) == nil, "\(file)")
        }
    }

    /// libvirt's, say.
    @Test func othersAreLeftAlone() {
        #expect(
            process("/usr/bin/swtpm", ["socket", "--ctrl", "type=unixio,path=/run/libvirt/qemu/swtpm/1.sock"]) == nil)
    }
}
