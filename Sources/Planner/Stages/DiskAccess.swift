import FleetModel

extension Remarks {
    /// Ways to a disk that a host has not: QEMU would end as the guest starts.
    mutating func refuseDiskAccess(_ guests: [[ResolvedGuest]], on observed: ObservedFleet) {
        for (host, guests) in zip(observed.hosts, guests) {
            let facts = host.live.facts
            guard facts.ioUringFault != nil || facts.directIOFault != nil else { continue }
            for guest in guests {
                for disk in guest.spec.disks {
                    if disk.aio == .ioUring, let fault = facts.ioUringFault {
                        refuse(
                            "io-uring-not-available",
                            "guest.\(guest.name): aio: io_uring of disk \(disk.name) does not work on host.\(host.name): "
                                + fault,
                            help: "leave out aio, or allow it there: sysctl kernel.io_uring_disabled=0",
                            range: FieldOrigins(guest.desired).origin(of: "disks.\(disk.name).aio"))
                    }
                    if disk.cache == .none || disk.cache == .directsync, let fault = facts.directIOFault {
                        refuse(
                            "direct-io-not-available",
                            "guest.\(guest.name): cache: \(disk.cache.rawValue) of disk \(disk.name) does not work on "
                                + "host.\(host.name): \(fault)",
                            help: "write “cache: writeback”, or keep the state folder on another file system",
                            range: FieldOrigins(guest.desired).origin(of: "disks.\(disk.name).cache"))
                    }
                }
            }
        }
    }
}
