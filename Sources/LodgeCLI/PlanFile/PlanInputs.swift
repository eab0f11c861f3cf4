import FleetModel
import FoundationEssentials
import HostSystem
import ManifestReader

/// The secrets and local files of a saved plan, as they are now.
struct PlanInputs {
    /// What the secrets are, by their digests.
    private(set) var texts: [Digest: String] = [:]
    /// Why they are not those that the plan was made with.
    private(set) var refusals: [Diagnostic] = []

    /// Reads them again.
    init(of saved: SavedPlan) {
        self.init(secretsOf: saved)
        for file in saved.inputs.files { check(file) }
    }

    /// Reads the secrets alone.
    init(secretsOf saved: SavedPlan) {
        for secret in saved.inputs.secrets { read(secret, saved.inputs.seal) }
    }

    private mutating func read(_ secret: SavedPlan.Secret, _ seal: PlanSeal) {
        let (name, outcome) = Self.content(of: secret.source)
        switch outcome {
        case .failure(let failure):
            refuse("plan-secret", "the plan needs \(name), which \(failure.text)", "bring it back, or plan again")
        case .success(let text):
            // Manifests drop the line break at the end of a value that is one line; which of the texts it was, the
            // digest says.
            guard let match = Self.forms(of: text).first(where: { seal.digest(of: $0) == secret.digest }) else {
                return refuse("plan-secret", "\(name) is another one than when the plan was made", "plan again")
            }
            texts[secret.digest] = match
        }
    }

    private struct Unreadable: Error { var text: String }

    private static func content(of source: SecretSource) -> (name: String, Result<String, Unreadable>) {
        switch source {
        case .environment(let name):
            let value = ProcessInfo.processInfo.environment[name]
            return (
                "the environment variable \(name)", value.map { .success($0) } ?? .failure(.init(text: "is not set"))
            )
        case .file(let path):
            let subject = "the file \(path)"
            do throws(SystemError) {
                guard Files.isRegularFile(path) || !Files.exists(path) else {
                    return (subject, .failure(.init(text: "is not a regular file")))
                }
                return (subject, .success(String(decoding: try Files.read(path), as: UTF8.self)))
            } catch {
                return (subject, .failure(.init(text: "cannot be read: \(error)")))
            }
        }
    }

    private static func forms(of text: String) -> [String] {
        var forms = [text]
        var scalars = text.unicodeScalars
        for end in ["\n", "\r"] as [Unicode.Scalar] where scalars.last == end {
            scalars.removeLast()
            forms.append(String(scalars))
        }
        return forms
    }

    private mutating func check(_ file: LocalFile) {
        switch measureLocalFile(file.path) {
        case .failure(let failure):
            refuse(
                "plan-file", "the plan needs \(file.path), which cannot be read: \(failure.text)",
                "bring it back, or plan again")
        case .success(let present) where present.digest != file.digest:
            refuse(
                "plan-file", "\(file.path) is another file than when the plan was made",
                "plan again",
                detail: "then  \(file.digest.short), \(file.size)\nnow   \(present.digest.short), \(present.size)")
        case .success: break
        }
    }

    private mutating func refuse(_ code: String, _ summary: String, _ help: String, detail: String? = nil) {
        refusals.append(.error(code, summary, detail: detail, help: help))
    }
}
