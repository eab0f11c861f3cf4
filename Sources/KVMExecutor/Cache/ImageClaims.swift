import FleetModel
import HostSystem

/// The fleets' claims on cached images.
public struct ImageClaims: Sendable {
    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    /// - Throws: where a claim is there and cannot be read, or is a newer Lodge's: it protects its image.
    public func list() throws(ExecutorError) -> (claims: [ImageDefinition], broken: [Leftover]) {
        var claims: [ImageDefinition] = []
        var broken: [Leftover] = []
        for fleet in try names(in: layout.claimsFolder) {
            for name in try names(in: "\(layout.claimsFolder)/\(fleet)") {
                let path = "\(layout.claimsFolder)/\(fleet)/\(name)"
                do throws(JSONFile.Failure) {
                    guard !name.hasSuffix(DurableFile.temporarySuffix) else {
                        throw .malformed(path: path, "an unfinished file")
                    }
                    claims.append(try JSONFile.read(ImageDefinition.self, from: path))
                } catch {
                    switch error {
                    case .system, .newer: throw ExecutorError("read the claim on image \(name)", error)
                    case .malformed: break
                    }
                    broken.append(
                        Leftover(
                            kind: .temporaryFile, subject: path, proof: "no readable claim in this instance's cache",
                            fleet: Name(parsing: fleet)))
                }
            }
        }
        return (claims, broken)
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
