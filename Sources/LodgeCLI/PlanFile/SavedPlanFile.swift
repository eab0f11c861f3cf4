import FleetModel
import FoundationEssentials
import HostSystem

/// A plan file by its path.
struct SavedPlanFile {
    let path: String

    /// Writes the plan, whole or not at all, for its owner's eyes only.
    ///
    /// - Throws: a sentence for people.
    func write(_ saved: SavedPlan) throws(Failure) {
        // A device or a pipe would be replaced by a file.
        if Files.exists(path), !Files.isRegularFile(path) {
            throw Failure(text: "cannot save the plan to \(path): it is not a regular file")
        }
        do {
            try DurableFile.write(PlanFile.text(of: saved), to: path, mode: 0o600)
        } catch {
            throw Failure(text: "the plan was not saved: \(error)")
        }
    }

    func read() throws(Failure) -> SavedPlan {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: PlanFile.maximumSize)
        } catch {
            throw Failure(text: error.description)
        }
        do {
            return try PlanFile.read(bytes)
        } catch {
            throw Failure(text: "\(path) \(error)")
        }
    }

    struct Failure: Error { var text: String }
}

extension SavedPlan {
    /// Seals a plan that was made just now.
    init(_ plan: Plan, of origin: Origin, hosts: [DesiredHost]) throws(UnknownSensitiveField) {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<2).map { _ in String(random.next(), radix: 16) }.joined()
        try self.init(
            sealing: plan, of: origin, hosts: hosts, lodgeVersion: Lodge.version,
            created: Date.now.formatted(.iso8601), seal: PlanSeal(salt: salt))
    }
}
