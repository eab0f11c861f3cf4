import FleetModel
import QMP

/// A larger disk for a running guest, which sees the new size at once. Never a smaller one: QEMU would cut a mounted
/// file system off without a word.
struct LiveDiskSize {
    let monitor: GuestMonitor

    /// Schema `BlockDeviceInfo`, in part.
    private struct Node: Decodable, Sendable {
        struct Image: Decodable, Sendable {
            var virtualSize: Int64
            private enum CodingKeys: String, CodingKey { case virtualSize = "virtual-size" }
        }
        var name: String?
        var image: Image
        private enum CodingKeys: String, CodingKey {
            case image
            case name = "node-name"
        }
    }

    private struct QueryNodes: QMPCommand {
        static let name = "query-named-block-nodes"
        typealias Reply = [Node]
        /// Without the images that a disk is an overlay on.
        let flat = true
    }

    func grow(_ disk: Name, to size: ByteCount) async throws(ExecutorError) {
        let name = QEMUCommandLine.node(disk)
        guard let node = try await monitor.execute(QueryNodes()).first(where: { $0.name == name }) else {
            throw ExecutorError(monitor.operation, "it has no disk \(disk)", advice: "plan again")
        }
        guard node.image.virtualSize < size.bytes else { return }
        try await monitor.execute("block_resize", ["node-name": .string(name), "size": .integer(size.bytes)])
    }
}
