import FleetModel
import HostSystem

/// The fleets' claims on cached images.
public struct ImageClaims: Sendable {
    let layout: HostLayout

    public init(layout: HostLayout) { self.layout = layout }

    public func list() throws(SystemError) -> (claims: [ImageDefinition], broken: [Leftover]) {
        var claims: [ImageDefinition] = []
        var broken: [Leftover] = []
        for fleet in try Files.list(layout.claimsFolder) {
            for name in try Files.list("\(layout.claimsFolder)/\(fleet)") {
                let path = "\(layout.claimsFolder)/\(fleet)/\(name)"
                do throws(JSONFile.Failure) {
                    guard !name.hasSuffix(DurableFile.temporarySuffix) else {
                        throw .malformed(path: path, "an unfinished file")
                    }
                    claims.append(try JSONFile.read(ImageDefinition.self, from: path))
                } catch {
                    // One that is there and cannot be read protects its image.
                    if case .system(let cause) = error { throw cause }
                    broken.append(
                        Leftover(
                            kind: .temporaryFile, subject: path, proof: "no readable claim in this instance's cache",
                            fleet: Name(parsing: fleet)))
                }
            }
        }
        return (claims, broken)
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
        Files.removeEmptyFolders(from: "\(layout.claimsFolder)/\(claim.owner.fleet)", upTo: layout.cacheFolder)
    }
}
