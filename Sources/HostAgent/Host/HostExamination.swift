import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import VirtualNetwork

/// What `lodge doctor` asks a host: is everything there that it needs, and how to mend what is not.
struct HostExamination: Sendable {
    let layout: HostLayout

    func checks() async -> [HostCheck] {
        [privileges(), await kvm(), await qemu(), user(), tun()]
            + [
                program("qemu-img", package: "qemu-utils", what: "makes disks"),
                program("xz", package: "xz-utils", what: "unpacks images"),
                program("zstd", package: "zstd", what: "unpacks images"),
                program("genisoimage", package: "genisoimage", what: "makes cloud-init seeds"),
                program("nft", package: "nftables", what: "NAT and filters"),
                program("dnsmasq", package: "dnsmasq-base", what: "DHCP and DNS"),
            ] + features() + [await otherFilters(), disk()]
    }

    /// What only some guests ask for.
    private func features() -> [HostCheck] {
        let present = HostFeature.present
        return [(HostFeature.uefi, "UEFI"), (.uefiSecure, "Secure Boot"), (.tpm, "TPM")].map { feature, name in
            present.contains(feature)
                ? HostCheck(name, .good, "\(feature.text) is there")
                : HostCheck(
                    name, .warning, "\(feature.text) is missing: guests that ask for it cannot run here",
                    fix: "apt-get install \(feature.packages)")
        }
    }

    private func privileges() -> HostCheck {
        geteuid() == 0
            ? HostCheck("privileges", .good, "the agent is root")
            : HostCheck("privileges", .bad, "the agent runs as user \(geteuid())", fix: "run as root, or allow sudo -n")
    }

    private func kvm() async -> HostCheck {
        switch await EmulatorProbe(layout: layout).findings().kvm {
        case .works: return HostCheck("KVM", .good, "a 64-bit system was seen to run under it")
        case .limited(let why):
            return HostCheck("KVM", .warning, why, fix: "guests run under TCG, slowly; use a host with full KVM")
        case .unusable(let why):
            return HostCheck(
                "KVM", .warning, why,
                fix: "guests run under TCG, slowly; turn on virtualisation in the firmware, load kvm_intel or "
                    + "kvm_amd, and let group kvm use it: chgrp kvm /dev/kvm && chmod 660 /dev/kvm")
        }
    }

    private func qemu() async -> HostCheck {
        guard let version = await Emulator.version() else {
            return HostCheck("QEMU", .bad, "\(Emulator.program) is not installed", fix: Emulator.installAdvice)
        }
        let major = Int(version.prefix { $0 != "." }) ?? 0
        return major >= 7
            ? HostCheck("QEMU", .good, "version \(version)")
            : HostCheck("QEMU", .bad, "version \(version)", fix: "Lodge needs QEMU 7.2 or later")
    }

    private func user() -> HostCheck {
        do {
            let user = try SystemUser.find()
            return HostCheck("user", .good, "\(SystemUser.name) (\(user.user))")
        } catch {
            return HostCheck("user", .bad, error.reason, fix: error.advice)
        }
    }

    private func tun() -> HostCheck {
        Files.exists("/dev/net/tun")
            ? HostCheck("taps", .good, "/dev/net/tun is there")
            : HostCheck("taps", .bad, "there is no /dev/net/tun", fix: "modprobe tun")
    }

    private func program(_ name: String, package: String, what: String) -> HostCheck {
        Command.find(name).map { HostCheck(name, .good, "\($0) (\(what))") }
            ?? HostCheck(name, .bad, "not installed (\(what))", fix: "apt-get install \(package)")
    }

    /// Rules of others that cut guests off although Lodge's let their packets through.
    private func otherFilters() async -> HostCheck {
        do {
            let instance = try Instance.current(layout)
            let warnings = try await NetworkHost(layout: layout, instance: instance).warnings()
            return warnings.isEmpty
                ? HostCheck("filters", .good, "no rules of others drop what guests send")
                : HostCheck("filters", .warning, warnings.joined(separator: "; "))
        } catch {
            return HostCheck("filters", .warning, "\(error)")
        }
    }

    private func disk() -> HostCheck {
        let folder = Files.nearestFolder(layout.stateFolder)
        guard let space = try? Files.space(at: folder) else {
            return HostCheck("disk", .bad, "cannot ask for the free space of \(folder)")
        }
        let free = ByteCount(bytes: space.available)
        return free >= .gib(5)
            ? HostCheck("disk", .good, "\(free.rounded) free at \(folder)")
            : HostCheck("disk", .warning, "\(free.rounded) free at \(folder)", fix: "free some space")
    }
}
