import FleetModel
import HostSystem

extension ImageCache {
    /// Brings an image into the cache from where it is, as ``Operation/fetchImage(_:from:limit:)`` says.
    ///
    /// - Parameter progress: called with a line for people, not more than once a second.
    public func fetch(
        _ file: CachedFile, from source: ImageSource, limit: ByteCount, web: WebSettings,
        reserved: ByteCount = .zero, progress: @escaping @Sendable (String) -> Void
    ) async throws(ExecutorError) {
        let progress = FetchProgress(progress)
        let operation = "fetch \(source)"
        let space = StorageReserve(folder: layout.cacheFolder, reserved: reserved)
        let arrival = ImageArrival(
            file: file, limit: limit, layout: layout, space: space, progress: progress, operation: operation)
        switch source {
        case .remote(let remote):
            let largest = ImageCheck(file, limit: limit).largestFile.map(Compression.largest)
            let fetch = WebFetch(file: remote, web: web, space: space, largest: largest, progress: progress)
            try await arrival.run(canResume: true) { part throws(ExecutorError) in try await fetch.complete(part) }
        case .local(let local):
            try await arrival.run(canResume: false) { part throws(ExecutorError) in
                try space.check(operation, local.size)
                do {
                    try await offPool { try copy(local, into: part, progress) }
                } catch let error as SystemError {
                    throw ExecutorError(operation, error.facts, advice: error.advice)
                } catch {
                    throw ExecutorError(operation, "\(error)")
                }
            }
        }
    }

    /// Brings an image into the cache that somebody sends.
    ///
    /// - Parameters:
    ///   - limit: the size of the smallest disk that is to be made from it; nil: not known.
    ///   - parts: its bytes; where they end too early, the digest says so.
    ///   - written: called after each of the parts.
    public func receive(
        _ file: CachedFile, limit: ByteCount?, parts: AsyncStream<[UInt8]>, written: @escaping @Sendable () -> Void
    ) async throws(ExecutorError) {
        let operation = "take image \(file.digest.short)"
        let arrival = ImageArrival(
            file: file, limit: limit, layout: layout,
            space: StorageReserve(folder: layout.cacheFolder, reserved: .zero), progress: FetchProgress { _ in },
            operation: operation)
        try await arrival.run(canResume: false) { part throws(ExecutorError) in
            for await bytes in parts {
                do { try bytes.withUnsafeBytes { try part.append($0) } } catch {
                    throw ExecutorError(operation, "\(error)")
                }
                written()
            }
        }
    }

    private func copy(_ file: LocalFile, into part: PartFile, _ progress: FetchProgress) throws(SystemError) {
        try Files.stream(file.path) { bytes throws(SystemError) in
            try part.append(bytes)
            progress.moved("copied", to: part.size, of: file.size.bytes)
        }
    }
}

/// Fetches a file from the web into a folder of this machine, where it stays under its digest.
///
/// - Returns: its path.
public func download(
    _ file: RemoteFile, digest: Digest, to folder: String, web: WebSettings,
    progress: @escaping @Sendable (String) -> Void
) async throws(ExecutorError) -> String {
    let path = "\(folder)/\(digest)"
    let operation = "fetch \(file)"
    let fetch = WebFetch(
        file: file, web: web, space: StorageReserve(folder: folder, reserved: .zero), progress: FetchProgress(progress))
    do {
        try Files.makeFolder(folder)
        if Files.exists(path) {
            if try await offPool({ try Digest.ofFile(path) }) == digest { return path }
            fetch.progress.say("what was downloaded is damaged, and is replaced")
            try Files.remove(path)
        }
        guard
            let part = try await PartFile.acquire(
                path + HostLayout.partSuffix, unless: { Files.exists(path) },
                waiting: {
                    fetch.progress.say("waits for another fetch of the same image")
                })
        else { return path }
        let isResumed = part.size > 0
        try await fetch.complete(part)
        var found = try await offPool { try Digest.ofFile(part.path) }
        if found != digest, isResumed {
            part.empty()
            try await fetch.complete(part)
            found = try await offPool { try Digest.ofFile(part.path) }
        }
        guard found == digest else {
            part.empty()
            throw ExecutorError(operation, "its SHA-256 is \(found), and \(digest) is wanted")
        }
        try part.commit(as: path)
        return path
    } catch {
        throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
    }
}
