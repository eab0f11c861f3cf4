import FleetModel

/// How ssh gets into a guest.
struct GuestLogin {
    var address: IPv4Address
    var port: UInt16?
    var user: String
    /// The path of a private key; nil: those that ssh tries by itself.
    var identity: String?
    /// Nil: where no key could be learnt, the first one that is shown is taken.
    var isStrict: Bool
    var pins: PinnedHostKeys
    /// Further options of ssh, such as `LocalForward=8080 localhost:80`.
    var options: [String]

    /// As ssh_config(5) names them.
    private var settings: [(name: String, value: String)] {
        var settings = [
            ("HostKeyAlias", pins.alias), ("UserKnownHostsFile", literal(pins.path)), ("CheckHostIP", "no"),
            ("UpdateHostKeys", "no"), ("StrictHostKeyChecking", isStrict ? "yes" : "accept-new"), ("User", user),
            // Some systems' ssh_config hashes the alias, by which the pinned keys are found.
            ("HashKnownHosts", "no"),
        ]
        if let port { settings.append(("Port", "\(port)")) }
        if let identity { settings += [("IdentityFile", literal(identity)), ("IdentitiesOnly", "yes")] }
        return settings
    }

    /// What follows `ssh`. Options that were asked for come first: of each, ssh takes the first value.
    ///
    /// - Parameter command: for the guest's shell; empty: a login.
    func arguments(_ command: [String]) -> [String] {
        let settings = options + settings.map { "\($0.name)=\(quotedIfNeeded($0.value))" }
        return settings.flatMap { ["-o", $0] } + ["--", "\(address)"] + command
    }

    /// A block for ssh's configuration, so that scp, rsync and others get in likewise, in the order of ``arguments(_:)``.
    func configuration(host: Name) -> String {
        let lines = [("HostName", "\(address)")] + settings
        return "Host \(host)\n" + options.map { "    \($0)\n" }.joined()
            + lines.map { "    \($0.0) \(quotedIfNeeded($0.1))\n" }.joined()
    }

    /// ssh_config(5), TOKENS: a percent sign begins one in paths.
    private func literal(_ path: String) -> String {
        path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
    }

    /// ssh_config(5): arguments with spaces are put in double quotes.
    private func quotedIfNeeded(_ value: String) -> String {
        value.contains { $0 == " " || $0 == "\t" } ? "\"\(value)\"" : value
    }
}

/// Why ssh has no way into a guest.
struct NoLogin: Error {
    let text: String

    static func unknownHostKey(of guest: Name) -> NoLogin {
        NoLogin(
            text: "its host key is not known: no guest agent tells it, and its console does not show it (yet)\n"
                + "  to do: wait until it has booted; install qemu-guest-agent in it; or take the key that it shows: "
                + "lodge ssh --accept-new \(guest)")
    }
}

/// What the guest's definition says of the way in.
struct LoginHints {
    let guest: GuestDefinition
    /// What its process has.
    let nics: [NICSpec]

    /// - Parameter nic: its name; nil: the first one.
    func address(of nic: String?) throws(NoLogin) -> IPv4Address {
        guard let first = nics.first else {
            throw NoLogin(
                text: "guest \(guest.name) has no NIC\n  to do: give it one in its manifest; "
                    + "lodge console \(guest.name) needs none")
        }
        guard let nic else { return first.ipv4 }
        guard let found = nics.first(where: { $0.name.text == nic }) else {
            let names = nics.map(\.name.text).joined(separator: ", ")
            throw NoLogin(text: "guest \(guest.name) has no NIC \(nic.visible)\n  to do: take one of \(names)")
        }
        return found.ipv4
    }

    /// The first user of the seed.
    func user() throws(NoLogin) -> String {
        guard let user = guest.spec.cloudInit?.users.first else {
            throw NoLogin(
                text: "the manifest of guest \(guest.name) names no user\n  to do: say who with --user, or give it "
                    + "one in cloudInit.users")
        }
        return user.name
    }

    /// The private key beside a public one that the manifest takes from a file (`valueFrom: {file: ….pub}`), where it
    /// is there.
    func identity(of user: String, exists: (String) -> Bool) -> String? {
        let keys = guest.spec.secrets.filter { $0.key.hasPrefix("cloudInit.users.\(user).sshKeys.") }
        for (_, source) in keys.sorted(by: { $0.key < $1.key }) {
            guard case .file(let path) = source, path.hasSuffix(".pub") else { continue }
            let identity = String(path.dropLast(4))
            if exists(identity) { return identity }
        }
        return nil
    }
}
