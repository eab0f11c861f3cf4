import FleetModel
import HostSystem

/// The file of a running guest's seed, as it is on the host.
struct SeenSeed: Sendable {
    var exists: Bool
    /// What it was built from; nil: it does not say, as those of an earlier Lodge.
    var mark: String?
    /// True: QEMU has a file open that was replaced since.
    var isReplaced: Bool

    init(exists: Bool, mark: String?, isReplaced: Bool) {
        self.exists = exists
        self.mark = mark
        self.isReplaced = isReplaced
    }

    init(_ path: String, pid: Int32) {
        exists = Files.exists(path)
        mark = Seed.mark(at: path)
        // As proc(5) shows a file that has lost its name.
        let lost = "/\(path.split(separator: "/").last ?? "") (deleted)"
        isReplaced = ProcessTable.openFiles(of: pid).contains { $0.hasSuffix(lost) }
    }

    /// True where this is not what a process has that was given this seed.
    func isOutdated(for spec: GuestSpec, of guest: ObjectID) -> Bool {
        guard let wanted = Seed.mark(spec, of: guest) else { return exists || isReplaced }
        if isReplaced || !exists { return true }
        return mark.map { !$0.hasPrefix(wanted) } ?? false
    }
}
