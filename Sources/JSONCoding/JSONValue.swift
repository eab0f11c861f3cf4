/// Any JSON document, for what is rendered and hashed rather than worked with.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The JSON form of a value.
    public init(encoding value: some Encodable) {
        do {
            self = try CompactJSON.decode(JSONValue.self, from: CompactJSON.encode(value))
        } catch {
            // Plain data can be: its numbers are finite, its keys are strings.
            fatalError("\(type(of: value)) cannot be encoded as JSON: \(error)")
        }
    }
}

extension JSONValue {
    /// A member of an object; nil where there is none, and where this is no object.
    public subscript(key: String) -> JSONValue? {
        get {
            guard case .object(let members) = self else { return nil }
            return members[key]
        }
        set {
            guard case .object(var members) = self else { return }
            members[key] = newValue
            self = .object(members)
        }
    }

    /// Changes a member of an object that has it, and each element where it is an array.
    public mutating func update(_ key: String, each: Bool = false, _ body: (inout JSONValue) -> Void) {
        guard var value = self[key], value != .null else { return }
        if each {
            guard case .array(var elements) = value else { return }
            for index in elements.indices { body(&elements[index]) }
            value = .array(elements)
        } else {
            body(&value)
        }
        self[key] = value
    }
}

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
