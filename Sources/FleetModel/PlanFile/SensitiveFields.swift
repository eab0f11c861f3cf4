/// A sensitive field that Lodge does not know how to keep out of a file.
public struct UnknownSensitiveField: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String

    public var description: String { "the sensitive field \(path) cannot be kept out of a plan file" }
}

extension GuestSpec {
    /// The spec with the text of each of the fields replaced; a field that is not set stays so.
    ///
    /// - Parameter paths: as in ``GuestSpec/secrets``.
    func replacingTexts(
        at paths: Set<String>, _ replace: (String) throws(UnknownSensitiveField) -> String
    ) throws(UnknownSensitiveField) -> GuestSpec {
        guard !paths.isEmpty else { return self }
        var spec = self
        for path in paths.sorted() { try spec.replaceText(at: path, replace) }
        return spec
    }

    private mutating func replaceText(
        at path: String, _ replace: (String) throws(UnknownSensitiveField) -> String
    ) throws(UnknownSensitiveField) {
        switch path {
        case "cloudInit.userData":
            if let text = cloudInit?.userData { cloudInit?.userData = try replace(text) }
        case "cloudInit.hostname":
            if let text = cloudInit?.hostname { cloudInit?.hostname = try replace(text) }
        case "boot.cmdline":
            if let text = boot?.cmdline { boot?.cmdline = try replace(text) }
        case _ where path.hasPrefix("labels."):
            let key = String(path.dropFirst("labels.".count))
            if let text = labels[key] { labels[key] = try replace(text) }
        case "cloudInit.networkConfig":
            if let text = cloudInit?.networkConfig { cloudInit?.networkConfig = try replace(text) }
        case "cloudInit.users":
            // Definitions of earlier versions do not tell which of the keys is meant: all of them.
            for user in (cloudInit?.users ?? []).indices {
                for key in (cloudInit?.users[user].sshKeys ?? []).indices {
                    guard let text = cloudInit?.users[user].sshKeys[key] else { continue }
                    cloudInit?.users[user].sshKeys[key] = try replace(text)
                }
            }
        case _ where path.hasPrefix("cloudInit.users."): try replaceUserText(at: path, replace)
        case _ where path.hasPrefix("cloudInit.writeFiles."):
            let words = path.split(separator: ".")
            guard words.count == 4, words[3] == "content", let file = Int(words[2]) else {
                throw UnknownSensitiveField(path: path)
            }
            guard
                let text = cloudInit?.writeFiles.indices.contains(file) == true
                    ? cloudInit?.writeFiles[file].content : nil
            else { return }
            cloudInit?.writeFiles[file].content = try replace(text)
        default: throw UnknownSensitiveField(path: path)
        }
    }

    /// Of `cloudInit.users.NAME`: `sshKeys.INDEX` and `passwordHash`.
    private mutating func replaceUserText(
        at path: String, _ replace: (String) throws(UnknownSensitiveField) -> String
    ) throws(UnknownSensitiveField) {
        let words = path.split(separator: ".")
        if words.last == "passwordHash" {
            guard let user = cloudInit?.users.firstIndex(where: { path == "cloudInit.users.\($0.name).passwordHash" }),
                let text = cloudInit?.users[user].passwordHash
            else { return }
            cloudInit?.users[user].passwordHash = try replace(text)
            return
        }
        guard words.dropLast().last == "sshKeys", words.last.flatMap({ Int($0) }) != nil else {
            throw UnknownSensitiveField(path: path)
        }
        guard let (user, key) = keyPosition(path), let text = cloudInit?.users[user].sshKeys[key] else { return }
        cloudInit?.users[user].sshKeys[key] = try replace(text)
    }

    /// Of `cloudInit.users.NAME.sshKeys.INDEX`, as far as there is one.
    private func keyPosition(_ path: String) -> (user: Int, key: Int)? {
        for (position, user) in (cloudInit?.users ?? []).enumerated() {
            let prefix = "cloudInit.users.\(user.name).sshKeys."
            guard path.hasPrefix(prefix), let key = Int(path.dropFirst(prefix.count)),
                user.sshKeys.indices.contains(key)
            else { continue }
            return (position, key)
        }
        return nil
    }
}
