import FleetModel
import FoundationEssentials
import HostSystem

/// The host keys of one guest that were learnt, in a file of their own, as ssh reads it (sshd(8), SSH_KNOWN_HOSTS FILE
/// FORMAT). It lies with the user who connects.
struct PinnedHostKeys {
    /// The name that stands for the guest in the file: addresses are given to one guest after another.
    let alias: String
    let path: String

    /// - Parameter folder: `~/.local/state/lodge/known_hosts` as a rule.
    init(_ guest: GuestDefinition, folder: String) {
        alias = "lodge-\(guest.owner.instance)-\(guest.id)"
        path = "\(folder)/\(alias)"
    }

    /// The folder of the user who runs this; nil: there is no home folder.
    static func folder(_ environment: [String: String]) -> String? {
        userFolder("XDG_STATE_HOME", else: ".local/state", environment).map { "\($0)/known_hosts" }
    }

    /// Empty where none was learnt yet.
    var keys: Set<HostKey> {
        guard let text = Files.text(path) else { return [] }
        return Set(
            text.split(whereSeparator: \.isNewline).compactMap { line in
                line.hasPrefix(alias + " ") ? HostKey(line: line.dropFirst(alias.count + 1)) : nil
            })
    }

    func pin(_ keys: Set<HostKey>) throws(SystemError) {
        let lines = keys.map { "\(alias) \($0.type) \($0.key)\n" }.sorted()
        try Files.makeFolder(Files.folder(of: path), mode: 0o700)
        try DurableFile.write(Array(lines.joined().utf8), to: path, mode: 0o600)
    }
}
