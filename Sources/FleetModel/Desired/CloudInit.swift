/// What the guest's NoCloud seed says.
public struct CloudInit: Codable, Hashable, Sendable {
    public struct User: Codable, Hashable, Sendable {
        public var name: String
        /// Public keys, in the form of a line of `authorized_keys`.
        public var sshKeys: [String]
        /// May become root without a password.
        public var sudo: Bool
        /// The login shell; nil: the system's default.
        public var shell: String?
        /// Groups of the guest's system that it is in besides its own.
        public var groups: [String]
        /// Its password as crypt(5) writes it, `$6$…`; nil: no password opens its account.
        public var passwordHash: String?

        public init(
            name: String, sshKeys: [String] = [], sudo: Bool = false, shell: String? = nil, groups: [String] = [],
            passwordHash: String? = nil
        ) {
            self.name = name
            self.sshKeys = sshKeys
            self.sudo = sudo
            self.shell = shell
            self.groups = groups
            self.passwordHash = passwordHash
        }
    }

    /// A file that cloud-init writes at the guest's first boot; one that is not root's at its end, once users and
    /// packages are there.
    public struct File: Codable, Hashable, Sendable {
        /// Absolute.
        public var path: String
        public var content: String
        /// Octal digits, such as `0644`; nil: cloud-init's own default, 0644.
        public var permissions: String?
        /// `user:group`; nil: root's.
        public var owner: String?

        public init(path: String, content: String, permissions: String? = nil, owner: String? = nil) {
            self.path = path
            self.content = content
            self.permissions = permissions
            self.owner = owner
        }
    }

    /// Nil: the guest's name.
    public var hostname: String?
    public var users: [User]
    /// Installed at the guest's first boot.
    public var packages: [String]
    /// Lines for the shell, run once at the end of the guest's first boot.
    public var runCommands: [String]
    public var writeFiles: [File]
    /// Taken as it is (`#cloud-config`, `#!` script, …); where the fields above are given too, both travel in one
    /// MIME archive.
    public var userData: String?
    /// The seed's `network-config`, taken as it is; nil: by DHCP, all NICs.
    public var networkConfig: String?
    public var onChange: SeedChange

    public init(
        hostname: String? = nil, users: [User] = [], packages: [String] = [], runCommands: [String] = [],
        writeFiles: [File] = [], userData: String? = nil, networkConfig: String? = nil, onChange: SeedChange = .ignore
    ) {
        self.hostname = hostname
        self.users = users
        self.packages = packages
        self.runCommands = runCommands
        self.writeFiles = writeFiles
        self.userData = userData
        self.networkConfig = networkConfig
        self.onChange = onChange
    }
}

extension CloudInit {
    /// True for user data that begins with a field of a MIME message, as an archive of several parts does.
    public static func isMIME(_ userData: String) -> Bool {
        let start = userData.prefix(16).lowercased()
        return ["content-type:", "mime-version:"].contains(where: start.hasPrefix)
    }
}
