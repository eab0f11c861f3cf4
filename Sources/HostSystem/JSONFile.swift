import FoundationEssentials

/// Values kept as JSON files.
public enum JSONFile {
    public enum Failure: Error, CustomStringConvertible {
        case system(SystemError)
        /// The file is there, but it does not hold such a value.
        case malformed(path: String, String)

        public var description: String {
            switch self {
            case .system(let error): error.description
            case .malformed(let path, let what): "\(path) is not what Lodge wrote: \(what)"
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

    public static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(Failure) -> Value {
        let bytes: [UInt8]
        do { bytes = try Files.read(path) } catch { throw .system(error) }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .malformed(path: path, "\(error)")
        }
    }
}
