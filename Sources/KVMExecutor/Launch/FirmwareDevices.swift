import FleetModel

/// What of QEMU's arguments makes a guest's firmware, TPM and screen.
struct FirmwareDevices {
    let spec: GuestSpec
    let folder: GuestFolder
    let run: GuestRunFolder
    /// A connected socket, at whose other end the TPM's process is; nil: the guest has none.
    let tpmDescriptor: CInt?

    /// What follows the machine's name: the nodes that are its flash memory. Secure Boot holds only where nothing but
    /// the firmware, in system management mode, writes the variables (OvmfPkg/README of EDK II, "SMM support").
    var machineOptions: String {
        switch spec.firmware {
        case .bios: ""
        case .uefi: ",pflash0=\(Self.code),pflash1=\(Self.variables)"
        case .uefiSecure: ",smm=on,pflash0=\(Self.code),pflash1=\(Self.variables)"
        }
    }

    private static let code = "firmware-code"
    private static let variables = "firmware-variables"

    var arguments: [String] { firmware + tpm + display }

    private var firmware: [String] {
        guard let files = FirmwareFiles(spec.firmware) else { return [] }
        let secure = ["-global", "driver=cfi.pflash01,property=secure,value=on"]
        return [
            "-blockdev", node(Self.code, files.code, readOnly: true),
            "-blockdev", node(Self.variables, folder.variables(of: spec.firmware), readOnly: false),
        ] + (spec.firmware == .uefiSecure ? secure : [])
    }

    private func node(_ name: String, _ path: String, readOnly: Bool) -> String {
        let node: JSONValue = .object([
            "driver": .string("raw"), "node-name": .string(name), "read-only": .bool(readOnly),
            "file": .object(["driver": .string("file"), "filename": .string(path)]),
        ])
        return String(decoding: CanonicalJSON.bytes(of: node), as: UTF8.self)
    }

    private var tpm: [String] {
        guard let tpmDescriptor else { return [] }
        return [
            "-chardev", "socket,id=tpm,fd=\(tpmDescriptor)", "-tpmdev", "emulator,id=tpm,chardev=tpm",
            "-device", "tpm-crb,tpmdev=tpm",
        ]
    }

    /// A plain VGA, which every system and firmware can draw on; one that old systems have drivers for, where the
    /// others are such too. VNC serves it though there is no display of QEMU's own.
    private var display: [String] {
        guard spec.display == .vnc else { return [] }
        return [
            "-device", spec.devices == .legacy ? "cirrus-vga" : "VGA",
            // In QEMU's lists of options a comma is written twice.
            "-vnc", "unix:\(run.display.replacing(",", with: ",,"))",
        ]
    }
}
