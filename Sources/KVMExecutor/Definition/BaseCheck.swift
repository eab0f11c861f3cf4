import FleetModel
import HostSystem

extension DiskFiles {
    /// Refuses disks that would be smaller than the images that they are to be made from, before anything is made: how
    /// large an image from the web is, no plan knows.
    func checkBases(of definition: GuestDefinition) throws(ExecutorError) {
        for disk in definition.spec.disks {
            guard let base = disk.base,
                !Files.exists(folder.disk(disk)) || definition.pendingDisks.contains(disk.name)
            else { continue }
            let format: CachedFile.Format = base.format == .qcow2 ? .qcow2 : .raw
            let file = CachedFile(digest: base.digest, format: format, size: nil)
            // A file that is missing is the error of whoever opens it.
            guard Files.exists(layout.cached(file)) else { continue }
            try ImageCheck(file, limit: disk.size)
                .check(
                    layout.cached(file), "make disk \(disk.name) of guest \(definition.name) from image \(base.image)")
        }
    }
}
