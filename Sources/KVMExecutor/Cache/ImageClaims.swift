import FleetModel
import HostSystem

/// The fleets' claims on cached images.
public struct ImageClaims: Sendable {
    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// The claims, and those that were not written to their end. Other files are not Lodge's.
    ///
    /// - Throws: where a claim is there and cannot be read: it protects its image.
    public func list() throws(ExecutorError) -> (claims: [ImageDefinition], broken: [Leftover]) {
        var claims: [ImageDefinition] = []
        var broken: [Leftover] = []
        for fleet in try names(in: layout.claimsFolder) {
            for name in try names(in: "\(layout.claimsFolder)/\(fleet)") {
                let path = "\(layout.claimsFolder)/\(fleet)/\(name)"
                if name.hasSuffix(".json") {
                    claims.append(try read(path))
                } else if name.hasSuffix(DurableFile.temporarySuffix) {
                    broken.append(
                        Leftover(
                            kind: .temporaryFile, subject: path, proof: "an unfinished claim in this instance's cache",
                            fleet: Name(parsing: fleet)))
                }
            }
        }
        return (claims, broken)
    }

    private func read(_ path: String) throws(ExecutorError) -> ImageDefinition {
        do throws(JSONFile.Failure) { return try JSONFile.read(ImageDefinition.self, from: path) } catch {
            let operation = "read a fleet's claim on an image"
            guard case .malformed = error else { throw ExecutorError(operation, error) }
            throw ExecutorError(
                operation, error.description,
                advice: "look at that file and write it back from a copy; or remove it: the next apply of its fleet "
                    + "makes it again, and until then its image counts as unused")
        }
    }

    private func names(in folder: String) throws(ExecutorError) -> [String] {
        do { return try Files.list(folder) } catch { throw ExecutorError("list the claims on images", error) }
    }

    public func add(_ claim: ImageDefinition) throws(ExecutorError) {
        do {
            try Files.makeFolder("\(layout.claimsFolder)/\(claim.owner.fleet)")
            try JSONFile.write(claim, to: layout.claim(claim.owner, claim.name))
        } catch {
            throw ExecutorError("claim image \(claim.name)", error)
        }
    }

    public func remove(_ claim: ImageDefinition) throws(ExecutorError) {
        do { try Files.remove(layout.claim(claim.owner, claim.name)) } catch {
            throw ExecutorError("release image \(claim.name)", error)
        }
    }
}
