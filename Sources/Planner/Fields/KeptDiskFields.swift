import FleetModel

extension KeptDisk {
    /// Why a disk cannot have the file of another one, and what of that one it has to have instead.
    typealias Difference = (text: String, remedy: String)

    /// Nil: the disk can be what the file is, or what it grows to.
    func differs(from disk: DiskSpec) -> Difference? {
        guard format == disk.format else { return ("is \(format.rawValue)", "format \(format.rawValue)") }
        // One that stands for itself does not say what it was made from.
        guard format == .raw || backing == disk.base?.fileName else {
            return ("was made from " + (backing == nil ? "no image" : "another image"), "image that it had")
        }
        // A file has whole sectors, whatever size it was asked for.
        let sector: Int64 = 512
        let room = (disk.size.bytes + sector - 1) / sector * sector
        guard size.bytes <= room else { return ("has \(size), and does not get smaller", "size that it had, or more") }
        return nil
    }
}
