import FoundationEssentials
import JSONCoding

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

    /// Writes the value so that people can read it.
    public static func write(
        _ value: some Encodable, to path: String, mode: UInt32 = 0o644, owner: (user: UInt32, group: UInt32)? = nil
    ) throws(SystemError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { throw SystemError("encode", path, .invalidArgument) }
        try DurableFile.write(Array(data) + [0x0A], to: path, mode: mode, owner: owner)
    }

    /// Writes the value with nothing between tokens: for what is large, and read by programs.
    public static func writeCompact(_ value: some Encodable, to path: String) throws(SystemError) {
        guard let bytes = try? CompactJSON.encode(value) else { throw SystemError("encode", path, .invalidArgument) }
        try DurableFile.write(bytes + [0x0A], to: path)
    }

    public static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(Failure) -> Value {
        try read(path) { try CompactJSON.decode(type, from: $0) }
    }

    /// A value of this layout or of an earlier one.
    public static func read<Value: Versioned>(_ type: Value.Type, from path: String) throws(Failure) -> Value {
        try read(path) { try CompactJSON.decode(versioned: type, from: $0) }
    }

    private static func read<Value>(_ path: String, _ decode: ([UInt8]) throws -> Value) throws(Failure) -> Value {
        let bytes: [UInt8]
        do { bytes = try Files.read(path) } catch { throw .system(error) }
        do {
            return try decode(bytes)
        } catch let newer as NewerSchema {
            throw .newer(path: path, schema: newer.schema)
        } catch let error as DecodingError {
            throw .malformed(path: path, error.explanation)
        } catch {
            throw .malformed(path: path, "\(error)")
        }
    }
}

extension DecodingError {
    /// What is wrong, and at which field.
    fileprivate var explanation: String {
        switch self {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context):
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            return context.debugDescription + (path.isEmpty ? "" : " (at \(path.joined(separator: ".")))")
        @unknown default: return "\(self)"
        }
    }
}
