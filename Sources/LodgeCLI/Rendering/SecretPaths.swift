import FleetModel

/// The fields of an object that nobody is to see, by their paths in the manifest, such as `cloudInit.userData`.
struct SecretPaths {
    let paths: [String]

    /// True where the path is a secret, a part of one, or holds one.
    func hides(_ path: String) -> Bool {
        paths.contains { $0 == path || path.hasPrefix("\($0).") || $0.hasPrefix("\(path).") }
    }

    /// An object's document without its secrets.
    ///
    /// - Returns: What is left, and in its shape a document that has `true` where a secret was, as Terraform marks
    ///   them.
    func redact(_ document: JSONValue) -> (rest: JSONValue, marks: JSONValue) {
        var rest = document
        var marks = JSONValue.object([:])
        for path in paths {
            let keys = path.split(separator: ".").map(String.init)
            guard let key = keys.first?.snakeCased, case .object(var fields) = rest, let value = fields[key] else {
                continue
            }
            let redacted = hide(keys.dropFirst(), in: value)
            fields[key] = redacted.rest
            rest = .object(fields)
            marks = merge(marks, .object([key: redacted.mark]))
        }
        return (rest, marks)
    }

    /// Where the path leads nowhere, all of the value is hidden: too much rather than too little.
    private func hide(_ path: ArraySlice<String>, in value: JSONValue) -> (rest: JSONValue?, mark: JSONValue) {
        guard let first = path.first else { return (nil, .bool(true)) }
        switch value {
        case .object(var fields):
            let key = fields[first] == nil ? first.snakeCased : first
            guard let inner = fields[key] else { return (nil, .bool(true)) }
            let hidden = hide(path.dropFirst(), in: inner)
            fields[key] = hidden.rest
            return (.object(fields), .object([key: hidden.mark]))
        case .array(var elements):
            guard let index = position(of: first, in: elements) else { return (nil, .bool(true)) }
            let hidden = hide(path.dropFirst(), in: elements[index])
            elements[index] = hidden.rest ?? .null
            var marks = Array(repeating: JSONValue.object([:]), count: elements.count)
            marks[index] = hidden.mark
            return (.array(elements), .array(marks))
        default: return (nil, .bool(true))
        }
    }

    /// Elements of a list are named by their `name`, or counted from 0.
    private func position(of key: String, in elements: [JSONValue]) -> Int? {
        elements.firstIndex { element in
            if case .object(let fields) = element { fields["name"] == .string(key) } else { false }
        } ?? Int(key).flatMap { elements.indices.contains($0) ? $0 : nil }
    }

    private func merge(_ a: JSONValue, _ b: JSONValue) -> JSONValue {
        switch (a, b) {
        case (.object(let a), .object(let b)): .object(a.merging(b) { merge($0, $1) })
        case (.array(let a), .array(let b)) where a.count == b.count: .array(zip(a, b).map { merge($0, $1) })
        case (.bool(true), _): a
        default: b
        }
    }
}

extension Change {
    /// What is sensitive on one side is shown on neither: a plain value may be the former secret.
    var secretPaths: SecretPaths {
        var paths = Set(fields.filter(\.isSensitive).map(\.path))
        for case .guest(let spec)? in [before, after] { paths.formUnion(spec.secrets.keys) }
        return SecretPaths(paths: paths.sorted())
    }
}

extension String {
    /// `userData` as `user_data`.
    fileprivate var snakeCased: String {
        var text = ""
        for character in self {
            if character.isUppercase { text += "_\(character.lowercased())" } else { text.append(character) }
        }
        return text
    }
}
