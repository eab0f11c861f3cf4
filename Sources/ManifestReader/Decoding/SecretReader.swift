import FleetModel

/// Reads sensitive values from where manifests say they are. What it gives may be in no diagnostic.
final class SecretReader {
    enum Failure: Error {
        case file(FileAccessError)
        case noText(String)
        case missingVariable(name: String, suggestion: String?)
        case tooMuch
    }

    private let environment: [String: String]
    private var known: [SecretSource: Result<String, Failure>] = [:]
    private var total = 0

    /// Variables that are compared with a misspelt one at most.
    private static let candidates = 1_000

    init(environment: [String: String]) { self.environment = environment }

    /// The value at a source, read once however many guests have it.
    func value(of source: SecretSource) -> Result<String, Failure> {
        if let result = known[source] { return result }
        let result = read(source)
        known[source] = result
        return result
    }

    private func read(_ source: SecretSource) -> Result<String, Failure> {
        switch source {
        case .environment(let name):
            if let value = environment[name] { return .success(value) }
            let names = environment.keys.sorted().prefix(Self.candidates)
            return .failure(.missingVariable(name: name, suggestion: suggestion(for: name, among: names)))
        case .file(let path):
            var bytes: [UInt8] = []
            do {
                bytes = try FileAccess.regularFile(path, limit: YAMLLimits.scalarSize)
            } catch {
                return .failure(.file(error))
            }
            total += bytes.count
            guard total <= YAMLLimits.secretSize else { return .failure(.tooMuch) }
            guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
                return .failure(.noText(path))
            }
            return .success(text)
        }
    }
}
