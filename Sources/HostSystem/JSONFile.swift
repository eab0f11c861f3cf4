import FoundationEssentials

/// Values kept as JSON files.
public enum JSONFile {
    public enum Failure: Error, CustomStringConvertible {
        case system(SystemError)
        /// The file is there, but it does not hold such a value.
        case malformed(path: String, String)
        /// The file was written by a later version of Lodge.
        case newer(path: String, schema: Int)

        public var description: String {
            switch self {
            case .system(let error): error.description
            case .malformed(let path, let what): "\(path) is not what Lodge wrote: \(what)"
            case .newer(let path, let schema):
                "\(path) was written by a newer Lodge (schema \(schema)); use that version or a later one"
            }
        }
    }

    public static func write(
        _ value: some Encodable, to path: String, mode: UInt32 = 0o644, owner: (user: UInt32, group: UInt32)? = nil
    ) throws(SystemError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { throw SystemError("encode", path, .invalidArgument) }
        try DurableFile.write(Array(data) + [0x0A], to: path, mode: mode, owner: owner)
    }

    /// - Parameter schema: the latest version of the value that this Lodge knows; nil: the value has none.
    public static func read<Value: Decodable>(
        _ type: Value.Type, from path: String, schema: Int? = nil
    ) throws(Failure) -> Value {
        let bytes: [UInt8]
        do { bytes = try Files.read(path) } catch { throw .system(error) }
        do {
            if let schema {
                // Looked at alone first: the rest of a newer version need not decode.
                let present = try JSONDecoder().decode(Versioned.self, from: Data(bytes)).schema
                guard present <= schema else { throw Failure.newer(path: path, schema: present) }
            }
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .malformed(path: path, "\(error)")
        }
    }

    private struct Versioned: Decodable { var schema: Int }
}
