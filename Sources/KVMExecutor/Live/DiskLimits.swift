import FleetModel
import QMP

/// What a guest may do to its disks in a second.
enum DiskLimits {
    /// Sets the disk's limits, or takes them away.
    static func command(_ disk: DiskSpec, of machine: MachineType) -> BlockSetIOThrottle {
        BlockSetIOThrottle(
            id: DiskDevice.path(of: disk, on: machine), iops: Int64(disk.iops ?? 0),
            bytes: disk.bandwidth?.bytesPerSecond ?? 0)
    }

    /// Limits the disks of a process that has just started: it starts without any.
    static func apply(_ spec: GuestSpec, _ session: QMPSession) async throws(QMPError) {
        for disk in spec.disks where disk.iops != nil || disk.bandwidth != nil {
            _ = try await session.execute(command(disk, of: spec.machine))
        }
    }

    /// True where the medium has just the disk's limits.
    static func hold(_ disk: DiskSpec, for medium: QueryBlock.Medium) -> Bool {
        medium.iops == Int64(disk.iops ?? 0) && medium.bytes == disk.bandwidth?.bytesPerSecond ?? 0
            && [medium.readIOPS, medium.writeIOPS, medium.readBytes, medium.writeBytes].allSatisfy { $0 == 0 }
    }
}
