import FleetModel
import HostSystem

/// An image on its way into the cache: its bytes are gathered in a part file, and are what the digest says, before
/// anything is done with them; then they are unpacked, and what they are is looked at. The file gets its name last.
struct ImageArrival: Sendable {
    let file: CachedFile
    /// The size of the smallest disk that is made from it; nil: none is yet.
    let limit: ByteCount?
    let layout: HostLayout
    /// What is not to be used up.
    let space: StorageReserve
    let progress: FetchProgress
    /// What is attempted, for errors.
    let operation: String

    private var path: String { layout.cached(file) }
    /// The digest of what was unpacked.
    private static let unpacked = FileNote("unpacked-sha256")

    /// Brings the image in, unless it is there and whole.
    ///
    /// - Parameters:
    ///   - canResume: true: what was gathered and is right as far as it goes is kept after a failure.
    ///   - fill: gathers the bytes; those that are there already are the first of them.
    func run(
        canResume: Bool, _ fill: @Sendable (PartFile) async throws(ExecutorError) -> Void
    ) async throws(ExecutorError) {
        do {
            try Files.makeFolder(layout.cacheFolder)
            if try await removeUnlessWhole() { return try ImageCheck(file, limit: limit).check(path, operation) }
            let part = try await PartFile.acquire(
                layout.part(file.digest), unless: { Files.exists(path) },
                waiting: { progress.say("waits for another fetch of the same image") })
            guard let part else { return try ImageCheck(file, limit: limit).check(path, operation) }
            try await gather(part, canResume: canResume, fill)
            try await settle(part)
        } catch let error as SystemError {
            throw ExecutorError(operation, error.facts, advice: error.advice)
        } catch {
            throw error as? ExecutorError ?? ExecutorError(operation, "\(error)")
        }
    }

    /// - Returns: true where the file is there, with the very bytes that it had when it came.
    private func removeUnlessWhole() async throws -> Bool {
        guard Files.exists(path) else { return false }
        let path = path
        let found = try await offPool { try Digest.ofFile(path) }
        if found == file.digest || found.text == Self.unpacked.read(path) { return true }
        progress.say("what is in the cache is damaged, and is replaced")
        try Files.remove(path)
        return false
    }

    /// Gathers the bytes and checks their digest. What was there before may be of another file: then once more from the
    /// beginning.
    private func gather(
        _ part: PartFile, canResume: Bool, _ fill: (PartFile) async throws(ExecutorError) -> Void
    ) async throws {
        var isResumed = canResume && part.size > 0
        if !canResume { part.empty() }
        while true {
            do throws(ExecutorError) { try await fill(part) } catch {
                if !canResume { part.empty() }
                throw error
            }
            progress.say("checks \(ByteCount(bytes: part.size).rounded)")
            let digest = try await offPool { try Digest.ofFile(part.path) }
            if digest == file.digest { return }
            part.empty()
            guard isResumed else {
                throw ExecutorError(
                    operation, "its SHA-256 is \(digest), and \(file.digest) is wanted",
                    advice:
                        "find out whether the file was replaced by a newer one or spoilt on its way; then write the "
                        + "digest of the one that you want, and plan again")
            }
            isResumed = false
        }
    }

    /// Unpacks what was gathered, if it is compressed, and gives it its name if it is what it should be.
    private func settle(_ part: PartFile) async throws {
        let check = ImageCheck(file, limit: limit)
        do {
            guard let compression = Compression(header: try check.header(of: part.path)) else {
                try check.check(part.path, operation)
                let path = path
                return try await offPool { try part.commit(as: path) }
            }
            let temporary = path + DurableFile.temporarySuffix
            do {
                let unpacking = try Unpacking(compression, check, space, progress, operation)
                let digest = try await unpacking.run(
                    part, to: temporary)
                try check.check(temporary, operation)
                Self.unpacked.write(digest.text, on: temporary)
                try Files.move(temporary, to: path)
            } catch {
                try? Files.remove(temporary)
                throw error
            }
            part.empty()
        } catch {
            // It is whole and cannot be used: there is nothing to go on with, unless it was only cut short.
            if !Task.isCancelled { part.empty() }
            throw error
        }
    }
}
