import ArgumentParser
import FleetModel
import FoundationEssentials
import HostAgent
import HostSystem
import KVMExecutor
import Reconciler

/// Sends images from this machine to hosts' caches, one after the other.
struct ImagePush: Sendable {
    let images: [DesiredImage]
    let fleet: DesiredFleet
    /// Where what is on the web is downloaded to; nil: nowhere.
    let folder: String?
    let lockTimeout: Timespan
    let format: OutputOptions.Format

    /// What became of an image on a host.
    private struct Result: Encodable {
        var image: Name
        var host: Name
        var digest: Digest
        /// `pushed`, or `present`: it was there.
        var outcome: String
    }

    /// - Returns: the exit code.
    func run(_ connections: Connections) async -> ExitCode {
        var results: [Result] = []
        do throws(HostError) {
            for image in images { results += try await push(image, connections) }
        } catch {
            return error.kind == .cancelled || Task.isCancelled ? .interrupted : Terminal.fail(inLines(error.text))
        }
        if format == .json {
            Terminal.output.write(String(decoding: CanonicalJSON.bytes(of: results), as: UTF8.self) + "\n")
        }
        return .success
    }

    private func push(_ image: DesiredImage, _ connections: Connections) async throws(HostError) -> [Result] {
        var results: [Result] = []
        var source: String?
        for name in connections.keys.sorted() {
            guard let session = try connections[name]?.get() as? AgentSession else {
                throw HostError(
                    .failed, "cannot push image \(image.name) to host \(name): it is simulated, and keeps no bytes")
            }
            let line = TransferLine("image.\(image.name) to \(name)", isQuiet: format == .json)
            let presence = try await presence(of: image, session)
            switch presence {
            case .missing:
                let path = if let source { source } else { try await fetch(image, line) }
                source = path
                try await send(path, image, session, line)
                let remark = try await claim(image, name, session)
                line.end("sent\(remark)")
            case .claimed: line.end("is there already")
            case .unclaimed:
                let remark = try await claim(image, name, session)
                line.end("is there already\(remark.isEmpty ? "; claimed now" : remark)")
            }
            let outcome = presence == .missing ? "pushed" : "present"
            results.append(Result(image: image.name, host: name, digest: image.digest, outcome: outcome))
        }
        // What was downloaded is where it was wanted; a local image is its user's.
        if case .remote = image.source, let source { try? Files.remove(source) }
        return results
    }

    /// Whether the host has the image, and the fleet claims one by its name.
    private enum Presence { case missing, unclaimed, claimed }

    /// What the fleet does not claim yet is read once more there; if it is damaged, it is removed.
    private func presence(of image: DesiredImage, _ session: AgentSession) async throws(HostError) -> Presence {
        guard try await isListed(image, session) else { return .missing }
        if isClaimed(image, in: try await session.observe()) { return .claimed }
        do throws(HostError) {
            try await session.storeImage(image.cachedFile, limit: smallestDisk(of: image)) {
                () throws(HostError) -> Data? in nil
            }
            return .unclaimed
        } catch {
            // If it still lies there, it is whole, but cannot be used.
            if try await isListed(image, session) { throw error }
            return .missing
        }
    }

    private func isListed(_ image: DesiredImage, _ session: AgentSession) async throws(HostError) -> Bool {
        try await session.listCache().contains { $0.fileName == image.cachedFile.fileName }
    }

    /// True where the fleet claims an image by this name.
    private func isClaimed(_ image: DesiredImage, in live: LiveHost) -> Bool {
        live.images.contains { $0.owner == owner(on: live) && $0.name == image.name }
    }

    private func owner(on host: LiveHost) -> Owner { Owner(instance: host.facts.instance, fleet: fleet.name) }

    /// - Returns: the path of the image's file on this machine, as it is served.
    private func fetch(_ image: DesiredImage, _ line: TransferLine) async throws(HostError) -> String {
        switch image.source {
        case .local(let file): return file.path
        case .remote(let file):
            guard let folder else {
                throw HostError(
                    .failed, "there is no folder to download \(file) to\n  to do: set XDG_CACHE_HOME or HOME")
            }
            let web = WebSettings(environment: ProcessInfo.processInfo.environment)
            do throws(ExecutorError) {
                return try await download(file, digest: image.digest, to: folder, web: web) { line.show($0) }
            } catch {
                throw HostError(Task.isCancelled ? .cancelled : .failed, error.description)
            }
        }
    }

    private func send(
        _ path: String, _ image: DesiredImage, _ session: AgentSession, _ line: TransferLine
    ) async throws(HostError) {
        let file = try SentFile(path)
        let total = Files.size(path) ?? 0
        let count = Counter()
        try await session.storeImage(image.cachedFile, limit: smallestDisk(of: image)) { () throws(HostError) in
            let part = try file.next(AgentSession.partSize)
            line.show("sent", count.add(part?.count ?? 0), of: total)
            return part
        }
    }

    private func smallestDisk(of image: DesiredImage) -> ByteCount? {
        fleet.guests.flatMap(\.disks).filter { $0.image == image.name }.map(\.size).min()
    }

    /// Claims the image for the fleet, so that no other fleet's apply takes it for something that was left over.
    ///
    /// - Returns: a remark on how that went, which is no failure: an apply claims it, too.
    private func claim(_ image: DesiredImage, _ host: Name, _ session: AgentSession) async throws(HostError) -> String {
        do throws(HostError) {
            try await session.lock(holder: LockOptions.holder, timeout: lockTimeout)
        } catch {
            guard error.kind == .locked else { throw error }
            return "; not claimed, since another apply is at work there"
        }
        let live = try await session.observe()
        let claim = ImageDefinition(
            owner: owner(on: live), name: image.name, file: image.cachedFile, virtualSize: image.virtualSize)
        // Where the fleet claims another one by this name, the apply that changes its guests changes the claim.
        guard !isClaimed(image, in: live) else { return "" }
        let step = Step(
            id: 0, address: ResourceAddress(.image, image.name), host: host, verb: "claim",
            operation: .claimImage(claim))
        _ = try await session.perform(step, policy: HostPolicy()) { _ in }
        return ""
    }
}

extension DesiredImage {
    fileprivate var cachedFile: CachedFile {
        CachedFile(digest: digest, format: format == .qcow2 ? .qcow2 : .raw, size: size)
    }
}
