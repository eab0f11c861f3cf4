import FleetModel
import HostSystem

/// The host's final say on storage: what has to stay free where Lodge keeps its files.
public struct StorageReserve: Sendable {
    let folder: String
    let reserved: ByteCount

    public init(folder: String, reserved: ByteCount) {
        self.folder = folder
        self.reserved = reserved
    }

    func free() throws(SystemError) -> Int64 { try Files.space(at: Files.nearestFolder(folder)).available }

    /// Refuses to write so many bytes where the reserve would be touched, with the arithmetic.
    ///
    /// - Parameter attempt: such as `copy /srv/a.qcow2 into the cache`.
    public func check(_ attempt: String, _ size: ByteCount) throws(ExecutorError) {
        let free: Int64
        do { free = try self.free() } catch {
            throw ExecutorError(attempt, error)
        }
        guard size.bytes > free - reserved.bytes else { return }
        let kept = reserved == .zero ? "" : ", of which \(reserved.rounded) are reserved (storage.reserve)"
        throw ExecutorError(
            attempt, "it takes \(size.rounded), and \(ByteCount(bytes: free).rounded) are free at \(folder)\(kept)",
            advice: "free some space there, or choose another folder with --state-dir")
    }
}
