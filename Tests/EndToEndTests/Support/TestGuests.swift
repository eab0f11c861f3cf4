import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import Synchronization
import Testing

/// The guests that tests boot, each built when it is first needed, and what this machine can run.
enum TestGuests {
    /// The package's folder.
    static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    /// The tiny guest's firmware, beside the test's own program.
    static let tiny = built("tiny-guest.bin") { "Tests/Guests/tiny/build \($0)" }

    /// A disk image with a system of two sectors, beside the test's own program.
    static let ideSystem = built("ide-system.raw") { "Tests/Guests/ide-system/build \($0)" }

    /// The folder of the demo guest's kernel, initrd and disk.
    static let demo: String = {
        let path = "\(root)/manifests/demo/image"
        let files = ["vmlinuz", "initrd", "root.qcow2", "boot.qcow2"].map { "\(path)/\($0)" }
        if !files.allSatisfy(Files.exists) {
            build("scripts/build-demo-guest \(path)")
        }
        return path
    }()

    /// The demo guest's initrd with the QEMU guest agent in it, beside the test's own program.
    static let agentInitrd = built("agent-initrd") { "Tests/Guests/agent/build \(demo)/initrd \($0)" }

    /// The folder of the Debian guest's disk, kernel, initrd and kernel command line. Building it takes a minute, and a
    /// mirror of Debian: scripts/test does so beforehand.
    static let debian: String = {
        let path = built("debian-guest") { "Tests/Guests/debian/build >\($0)" }
        return (Files.text(path) ?? "").filter { $0 != "\n" }
    }()

    /// What the tiny guest runs with. It needs neither 64-bit mode nor a kernel that boots, so that KVM will do where
    /// Lodge's own probe finds it too limited for others.
    static let accelerator = whyNoKVM == nil ? "kvm" : "tcg"

    /// Nil where the tiny guest was seen to power off under KVM.
    static let whyNoKVM: String? = {
        guard access("/dev/kvm", R_OK | W_OK) == 0 else { return "/dev/kvm cannot be opened" }
        // It powers off on “q”; without that, timeout(1) ends it with 137.
        let line =
            "(for i in 1 2 3 4 5 6 7 8; do echo q; sleep 1; done) | timeout -s KILL 10 qemu-system-x86_64 -nodefaults "
            + "-no-user-config -display none -machine microvm,acpi=on,accel=kvm -cpu qemu64 -m 16 -bios \(tiny) "
            + "-serial stdio >/dev/null 2>&1"
        return system(line) == 0 ? nil : "the tiny guest does not run under KVM here"
    }()

    /// Builds a file beside the test's own program.
    ///
    /// - Parameter command: what builds it at the path, from the package's folder.
    /// - Returns: its path.
    private static func built(_ file: String, _ command: (String) -> String) -> String {
        let path = "\(Files.folder(of: (try? Machine.thisProgram()) ?? ""))/\(file)"
        build(command(path))
        return path
    }

    private static func build(_ command: String) {
        let line = "\(root)/\(command)"
        let status = system(line)
        precondition(status == 0, "`\(line)` failed; scripts/setup --tests installs what it needs")
    }

    private static func system(_ line: String) -> Int32 {
        var argv: [UnsafeMutablePointer<CChar>?] =
            ["/bin/bash", "-c", line].map { (word: String) in strdup(word) } + [nil]
        defer { for word in argv { free(word) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/bin/bash", nil, nil, &argv, environ) == 0 else { return -1 }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test, and says why, where this machine cannot play a host.
    static var needsHost: Self {
        .enabled(
            if: geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0 && getpwnam("lodge-qemu") != nil
                && ["ip", "nft", "dnsmasq", "busybox", "qemu-system-x86_64", "qemu-img", "genisoimage", "nasm", "gcc"]
                    .allSatisfy { Command.find($0) != nil },
            "needs root, /dev/net/tun, the user lodge-qemu, QEMU and the programs that scripts/setup installs")
    }

    /// Skips a test where guests can have neither UEFI nor a TPM.
    static var needsFirmware: Self {
        .enabled(if: HostFeature.present == HostFeature.allCases, "needs the packages ovmf, swtpm and swtpm-tools")
    }

    /// Skips a test where KVM runs no guest at all.
    static var needsKVM: Self {
        .enabled(if: TestGuests.whyNoKVM == nil, "needs a KVM that runs the tiny guest")
    }
}
