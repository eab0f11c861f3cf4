/// What one line of the server is about. `return` is read later, in the waiting task, as the type that it expects.
struct ServerMessage: Decodable {
    struct Failure: Decodable {
        let `class`: String
        let desc: String
    }

    let greeting: QMPGreeting?
    let event: String?
    let id: UInt64?
    let error: Failure?
    let hasReturn: Bool

    private enum CodingKeys: String, CodingKey {
        case greeting = "QMP"
        case event, id, error, `return`
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        greeting = try container.decodeIfPresent(QMPGreeting.self, forKey: .greeting)
        event = try container.decodeIfPresent(String.self, forKey: .event)
        id = try container.decodeIfPresent(UInt64.self, forKey: .id)
        error = try container.decodeIfPresent(Failure.self, forKey: .error)
        hasReturn = container.contains(.return)
    }
}

/// A line of the server that answers a request, read for its value.
struct ReturnMessage<Value: Decodable>: Decodable {
    let `return`: Value
}

/// A line of the client.
struct RequestMessage<Arguments: Encodable>: Encodable {
    let execute: String
    let arguments: Arguments
    let id: UInt64
}
