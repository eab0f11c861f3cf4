/// A plan as it is kept in a file, to be reviewed and applied later: all that an apply needs, the manifests not
/// among it, and no secret.
public struct SavedPlan: Codable, Hashable, Sendable {
    /// What a reader wants to know first.
    public struct Header: Codable, Hashable, Sendable {
        public static let currentFormat = "lodge-plan"
        public static let currentVersion = 1

        public var format: String
        public var version: Int
        public var lodgeVersion: String
        public var fleet: Name
        /// When the hosts were observed, as RFC 3339 text.
        public var created: String
        public var origin: Origin
        public var add: Int
        public var change: Int
        public var destroy: Int
    }

    /// What the plan was asked for.
    public struct Origin: Codable, Hashable, Sendable {
        public enum Purpose: String, Codable, Sendable { case apply, destroy }

        public var purpose: Purpose
        /// As they were named on the command line.
        public var manifests: [String]
        /// The selection and limits of the command, such as `--target guest.web-1`.
        public var options: [String]

        public init(purpose: Purpose, manifests: [String], options: [String] = []) {
            self.purpose = purpose
            self.manifests = manifests
            self.options = options
        }
    }

    /// What an apply reads again, and has to find as it was.
    public struct Inputs: Codable, Hashable, Sendable {
        public var hosts: [DesiredHost]
        /// Files of this machine that are copied to hosts.
        public var files: [LocalFile]
        public var secrets: [Secret]
        public var seal: PlanSeal
    }

    /// Where a secret comes from, and the salted digest of what it was.
    public struct Secret: Codable, Hashable, Sendable {
        public var source: SecretSource
        public var digest: Digest
    }

    public var header: Header
    public var inputs: Inputs
    /// Sealed: marks stand where secrets were.
    public var plan: Plan

    /// Seals a plan.
    ///
    /// - Parameters:
    ///   - hosts: those that the plan is about.
    ///   - created: RFC 3339 text.
    public init(
        sealing plan: Plan, of origin: Origin, hosts: [DesiredHost], lodgeVersion: String, created: String,
        seal: PlanSeal
    ) throws(UnknownSensitiveField) {
        let counts = plan.counts
        header = Header(
            format: Header.currentFormat, version: Header.currentVersion, lodgeVersion: lodgeVersion,
            fleet: plan.fleet, created: created, origin: origin, add: counts.added, change: counts.changed,
            destroy: counts.destroyed)
        var sealed = plan
        var secrets: Set<Secret> = []
        for index in plan.changes.indices { sealed.changes[index] = try seal.seal(plan.changes[index]) }
        for step in plan.steps {
            if case .fetchImage(_, from: .remote(let file), limit: _) = step.operation, file.credentials != nil {
                throw UnknownSensitiveField(path: "source of \(step.address), which has a password,")
            }
        }
        for index in plan.steps.indices {
            sealed.steps[index].operation = try plan.steps[index].operation.replacingSpec {
                spec throws(UnknownSensitiveField) in
                let result = try seal.seal(spec)
                for (path, source) in spec.secrets {
                    _ = try result.replacingTexts(at: [path]) { mark in
                        if let digest = PlanSeal.digest(in: mark) {
                            secrets.insert(Secret(source: source, digest: digest))
                        }
                        return mark
                    }
                }
                return result
            }
        }
        self.plan = sealed
        inputs = Inputs(
            hosts: hosts.sorted { $0.name < $1.name }, files: plan.localFiles,
            secrets: secrets.sorted { ("\($0.source)", $0.digest) < ("\($1.source)", $1.digest) }, seal: seal)
    }

    /// The plan with its secrets in place again where its steps write them; its changes, which are shown, stay sealed.
    ///
    /// - Parameter texts: what was read from the sources, by the digests of `inputs.secrets`.
    public func unsealed(_ texts: [Digest: String]) throws(UnknownSensitiveField) -> Plan {
        var plan = plan
        for index in plan.steps.indices {
            plan.steps[index].operation = try plan.steps[index].operation.replacingSpec {
                spec throws(UnknownSensitiveField) in try PlanSeal.unseal(spec, texts)
            }
        }
        return plan
    }

    /// The hosts that an apply has to talk to.
    public var hostsToChange: [DesiredHost] {
        let names = Set(plan.steps.map(\.host))
        return inputs.hosts.filter { names.contains($0.name) }
    }
}

extension Plan {
    /// The files that the plan's steps copy, each once, by path.
    fileprivate var localFiles: [LocalFile] {
        var files: Set<LocalFile> = []
        for step in steps {
            switch step.operation {
            case .cacheFile(let file, let path):
                files.insert(LocalFile(path: path, digest: file.digest, size: file.size ?? .zero))
            case .fetchImage(_, from: .local(let file), limit: _): files.insert(file)
            default: break
            }
        }
        return files.sorted { ($0.path, $0.digest) < ($1.path, $1.digest) }
    }

    /// The same plan for a host that has another instance than the plan was made for.
    public func moved(_ host: Name, to instance: InstanceID) -> Plan {
        var plan = self
        for index in steps.indices where steps[index].host == host {
            plan.steps[index].operation = steps[index].operation.moved(to: instance)
        }
        return plan
    }

    /// The instance whose objects the steps on the host are about; nil: they name none.
    public func instance(on host: Name) -> InstanceID? {
        steps.lazy.filter { $0.host == host }.compactMap(\.operation.instance).first
    }
}
