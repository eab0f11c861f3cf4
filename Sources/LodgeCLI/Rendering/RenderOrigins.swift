import FleetModel

/// The networks, images and guests of the manifests: each of their fields, its value, and the file and line that set
/// it.
public func renderOrigins(_ fleet: DesiredFleet, style: TextStyle) -> String {
    var text = style.paint("Fleet \(fleet.name)", .bold) + "\n"
    if fleet.guests.isEmpty { text += "\nIt has no guests.\n" }
    for object in declaredObjects(fleet) {
        text += "\n\(style.paint("\(object.address)", .bold))"
        if let set = object.set { text += " of the set \(set)" }
        text += "\n"
        var table = TextTable([.init(title: "FIELD"), .init(title: "VALUE"), .init(title: "SET AT")])
        for field in object.fields {
            table.add([
                .init(field.path), field.value.map { .init($0.visible) } ?? .init(Change.Field.concealed, .faint),
                field.origin.map { .init("\($0.file):\($0.line)".visible) } ?? .init(object.unset, .faint),
            ])
        }
        table.write(to: &text, style: style)
    }
    return text
}

/// The same as one JSON document: a list of objects, each with its fields.
public func renderOriginsJSON(_ fleet: DesiredFleet) -> String {
    let objects = declaredObjects(fleet).map { object -> JSONValue in
        let fields = object.fields.map { field -> JSONValue in
            var document: [String: JSONValue] = [
                "path": .string(field.path), "value": field.value.map(JSONValue.string) ?? .null,
                "sensitive": .bool(field.value == nil),
            ]
            if let origin = field.origin { document["range"] = JSONValue(encoding: origin) }
            return .object(document)
        }
        return .object([
            "address": .string("\(object.address)"), "set": object.set.map { .string($0.text) } ?? .null,
            "fields": .array(fields),
        ])
    }
    return String(decoding: CanonicalJSON.bytes(of: JSONValue.array(objects)), as: UTF8.self) + "\n"
}

private struct DeclaredObject {
    let address: ResourceAddress
    /// The guests' set that it is one of.
    var set: Name?
    let fields: [DesiredField]
    /// What stands where nothing sets a field.
    var unset = "default"
}

private func declaredObjects(_ fleet: DesiredFleet) -> [DeclaredObject] {
    fleet.networks.map { DeclaredObject(address: ResourceAddress(.network, $0.name), fields: desiredFields(of: $0)) }
        + fleet.images.map {
            DeclaredObject(
                address: ResourceAddress(.image, $0.name), fields: desiredFields(of: $0), unset: "measured")
        }
        + fleet.guests.map {
            DeclaredObject(address: ResourceAddress(.guest, $0.name), set: $0.set, fields: desiredFields(of: $0))
        }
}
