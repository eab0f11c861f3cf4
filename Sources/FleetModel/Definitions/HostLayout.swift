/// Where everything of one instance lies on a host. Paths only; nothing here touches a file.
public struct HostLayout: Codable, Hashable, Sendable {
    /// What outlives a reboot: definitions, disks, the cache. Default `/var/lib/lodge`.
    public var stateFolder: String
    /// What does not: sockets, pid files, the lock. Default `/run/lodge`.
    public var runFolder: String

    public static let defaultStateFolder = "/var/lib/lodge"
    public static let defaultRunFolder = "/run/lodge"

    public init(stateFolder: String = defaultStateFolder, runFolder: String = defaultRunFolder) {
        self.stateFolder = stateFolder
        self.runFolder = runFolder
    }

    public var instanceFile: String { "\(stateFolder)/instance" }
    public var lockFile: String { "\(runFolder)/lock" }
    /// What QEMU and KVM were seen to be since the host booted.
    public var probeFile: String { "\(runFolder)/emulator.json" }

    public var cacheFolder: String { "\(stateFolder)/images" }
    public func cached(_ file: CachedFile) -> String { "\(cacheFolder)/\(file.fileName)" }
    public func cached(_ digest: Digest, _ format: CachedFile.Format) -> String {
        "\(cacheFolder)/\(digest).\(format.rawValue)"
    }
    /// What was fetched so far of the file whose bytes have this digest.
    public func part(_ digest: Digest) -> String { "\(cacheFolder)/\(Self.partName(digest))" }
    public static func partName(_ digest: Digest) -> String { "\(digest)\(partSuffix)" }
    public static let partSuffix = ".part"
    /// The fleets' claims on cached images: `claims/<fleet>/<name>.json`.
    public var claimsFolder: String { "\(cacheFolder)/claims" }
    public func claim(_ owner: Owner, _ name: Name) -> String { "\(claimsFolder)/\(owner.fleet)/\(name).json" }

    public var guestsFolder: String { "\(stateFolder)/guests" }
    public func guest(_ fleet: Name, _ name: Name) -> GuestFolder {
        GuestFolder(path: "\(guestsFolder)/\(fleet)/\(name)")
    }
    public var guestRunsFolder: String { "\(runFolder)/guests" }
    public func guestRun(_ id: ObjectID) -> GuestRunFolder { GuestRunFolder(path: "\(guestRunsFolder)/\(id)") }

    public var networksFolder: String { "\(stateFolder)/networks" }
    public func network(_ fleet: Name, _ name: Name) -> NetworkFolder {
        NetworkFolder(path: "\(networksFolder)/\(fleet)/\(name)")
    }
    public var networkRunsFolder: String { "\(runFolder)/networks" }
    /// The run folder of a network: its DHCP server's configuration and pid file.
    public func networkRun(_ id: ObjectID) -> String { "\(networkRunsFolder)/\(id)" }
    /// One file for each guest's interface whose rate is limited, called as the interface.
    public var tapRatesFolder: String { "\(runFolder)/rates" }
}

/// A guest's folder under the state folder: owned by root; QEMU's user may write the disks.
public struct GuestFolder: Hashable, Sendable {
    public let path: String
    public var definition: String { "\(path)/guest.json" }
    public var seed: String { "\(path)/seed.iso" }
    public func disk(_ name: Name, _ format: DiskFormat = .qcow2) -> String { "\(path)/\(name).\(format.rawValue)" }
    public func disk(_ disk: DiskSpec) -> String { self.disk(disk.name, disk.format) }
    /// What UEFI keeps from one start to the next; each kind of firmware has its own.
    public func variables(of firmware: Firmware) -> String { "\(path)/\(firmware.rawValue)-variables.fd" }
    /// What the TPM keeps, in a folder of QEMU's user.
    public var tpm: String { "\(path)/tpm" }
    /// What is kept of a guest that was destroyed.
    public var retained: String { "\(path)/kept.json" }
    /// The end of what the serial console printed: written by QEMU's user.
    public var consoleFolder: String { "\(path)/console" }
}

/// A guest's folder under the run folder, which exists while its process does.
public struct GuestRunFolder: Hashable, Sendable {
    public let path: String
    public var running: String { "\(path)/running.json" }
    /// The monitor for changes.
    public var qmp: String { "\(path)/qmp.sock" }
    /// The monitor for questions: QEMU serves one client a socket, and a plan must not wait for an apply.
    public var observer: String { "\(path)/observer.sock" }
    public var console: String { "\(path)/console.sock" }
    /// The channel of a guest agent in the guest.
    public var agent: String { "\(path)/agent.sock" }
    public var pid: String { "\(path)/pid" }
    /// Holds the pid of the TPM's process, which names this path in its command line.
    public var tpmPID: String { "\(path)/tpm.pid" }
    /// Of QEMU's user, and closed to all others.
    public var displayFolder: String { "\(path)/display" }
    /// Where VNC is spoken.
    public var display: String { "\(displayFolder)/vnc.sock" }
    /// What QEMU wrote to standard error.
    public var log: String { "\(path)/qemu.log" }
}

/// A network's folder under the state folder.
public struct NetworkFolder: Hashable, Sendable {
    public let path: String
    public var definition: String { "\(path)/network.json" }
    /// One file a NIC, which dnsmasq reads as it appears: MAC address and IP address.
    public var reservations: String { "\(path)/dhcp-hosts" }
    /// One file a NIC, in the form of hosts(5).
    public var names: String { "\(path)/dns-hosts" }
    public var leases: String { "\(path)/leases" }
}
