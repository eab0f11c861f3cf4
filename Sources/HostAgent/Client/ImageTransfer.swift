import FleetModel
import FoundationEssentials

/// What travels into a host's cache, and what lies there.
extension AgentSession {
    public func listCache() async throws(HostError) -> [StoredFile] {
        guard case .cache(let files) = try await ask(.listCache) else { throw unexpected("list the cache") }
        return files
    }

    /// Sends an image to the host's cache, unless it is there.
    ///
    /// - Parameters:
    ///   - limit: the size of the smallest disk that is to be made from it; nil: not known.
    ///   - next: gives the parts of the file as it is served, one after the other; nil at the end. Where it throws, or the
    ///     task is cancelled, nothing is left at the host.
    public func storeImage(
        _ file: CachedFile, limit: ByteCount?, next: @escaping @Sendable () throws(HostError) -> Data?
    ) async throws(HostError) {
        let (id, frames) = try begin(.storeImage(file, limit: limit))
        let failure = await withTaskCancellationHandler {
            // A stream's iteration would end at once in a cancelled task; the reply is awaited in one of its own.
            await Task { await exchangeParts(id, frames, next) }.value
        } onCancel: {
            send(Frame(.cancel, id: id).line)
        }
        if let failure { throw failure }
    }
}
