import FleetModel

/// The guests of the manifests: each of their fields, its value, and the file and line that set it.
public func renderOrigins(_ fleet: DesiredFleet, style: TextStyle) -> String {
    var text = style.paint("Fleet \(fleet.name)", .bold) + "\n"
    if fleet.guests.isEmpty { text += "\nIt has no guests.\n" }
    for guest in fleet.guests {
        text += "\n\(style.paint("guest.\(guest.name)", .bold))"
        if let set = guest.set { text += " of the set \(set)" }
        text += "\n"
        var table = TextTable([.init(title: "FIELD"), .init(title: "VALUE"), .init(title: "SET AT")])
        for field in desiredFields(of: guest) {
            table.add([
                .init(field.path), field.value.map { .init($0) } ?? .init("(sensitive)", .faint),
                field.origin.map { .init("\($0.file):\($0.line)") } ?? .init("default", .faint),
            ])
        }
        table.write(to: &text, style: style)
    }
    return text
}

/// The same as one JSON document: a list of guests, each with its fields.
public func renderOriginsJSON(_ fleet: DesiredFleet) -> String {
    let guests = fleet.guests.map { guest -> JSONValue in
        let fields = desiredFields(of: guest).map { field -> JSONValue in
            var object: [String: JSONValue] = [
                "path": .string(field.path), "value": field.value.map(JSONValue.string) ?? .null,
                "sensitive": .bool(field.value == nil),
            ]
            if let origin = field.origin { object["range"] = JSONValue(encoding: origin) }
            return .object(object)
        }
        return .object([
            "address": .string("\(ResourceAddress(.guest, guest.name))"),
            "set": guest.set.map { .string($0.text) } ?? .null, "fields": .array(fields),
        ])
    }
    return String(decoding: CanonicalJSON.bytes(of: JSONValue.array(guests)), as: UTF8.self) + "\n"
}
