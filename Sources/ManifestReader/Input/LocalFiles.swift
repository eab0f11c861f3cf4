import Crypto
import FleetModel

/// The files that manifests refer to, each read and hashed once however many objects refer to it.
final class LocalFiles {
    /// A file with the first bytes of its content.
    struct Measured {
        let file: LocalFile
        let header: [UInt8]
    }

    private struct Reference: Hashable {
        let folder: String
        let path: String
    }

    private var measured: [String: Result<Measured, FileAccessError>] = [:]
    /// The same by how manifests name the files, so that a path is put together once.
    private var references: [Reference: Result<Measured, FileAccessError>] = [:]

    /// - Parameters:
    ///   - path: as the manifest has it.
    ///   - folder: where a relative path starts; absolute.
    func measure(_ path: String, in folder: String) -> Result<Measured, FileAccessError> {
        let reference = Reference(folder: folder, path: path)
        if let known = references[reference] { return known }
        let absolute = FilePath.resolve(path, in: folder)
        let result = measured[absolute] ?? Self.read(absolute)
        measured[absolute] = result
        references[reference] = result
        return result
    }

    private static func read(_ path: String) -> Result<Measured, FileAccessError> {
        var hash = SHA256()
        var header: [UInt8] = []
        do {
            let size = try FileAccess.stream(path) { piece in
                if header.count < DiskImageHeader.length {
                    header += piece.prefix(DiskImageHeader.length - header.count)
                }
                hash.update(bufferPointer: piece)
            }
            let file = LocalFile(path: path, digest: Digest(bytes: hash.finalize()), size: ByteCount(bytes: size))
            return .success(Measured(file: file, header: header))
        } catch {
            return .failure(error)
        }
    }
}
