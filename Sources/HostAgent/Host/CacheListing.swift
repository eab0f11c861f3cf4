import FleetModel
import HostSystem
import KVMExecutor

extension HostService {
    /// The files in the cache, whole ones first, sorted by their names.
    nonisolated func listCache() throws(HostError) -> [StoredFile] {
        do {
            let cache = ImageCache(layout: layout)
            let whole = try cache.list().files.map { file in
                let path = layout.cached(file)
                return StoredFile(
                    digest: file.digest, format: file.format, size: file.size ?? .zero,
                    allocated: ByteCount(bytes: Files.occupied(path) ?? 0), virtualSize: cache.virtualSize(of: file))
            }
            let parts = try cache.parts().map { part in
                StoredFile(
                    digest: part.digest, format: nil, size: ByteCount(bytes: Files.size(part.path) ?? 0),
                    allocated: ByteCount(bytes: Files.occupied(part.path) ?? 0), isBusy: part.isBusy)
            }
            return whole + parts
        } catch {
            throw HostError(.failed, error.description)
        }
    }
}
