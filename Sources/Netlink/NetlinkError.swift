import SystemPackage

/// What the kernel, or this module before asking it, refused to do.
public struct NetlinkError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Operation: String, Sendable {
        case openSocket = "open"
        case listLinks = "list"
        case findLink = "look up"
        case createBridge = "create the bridge"
        case createVethPair = "create the veth pair"
        case configureLink = "configure"
        case deleteLink = "delete"
        case deleteLinkGroup = "delete all of"
        case listAddresses = "list the addresses of"
        case addAddress = "add the address"
        case deleteAddress = "delete the address"
        case listNeighbours = "list the neighbours of"
        case deleteNeighbour = "delete the neighbour"
        case listRoutes = "list the routes of"
        case openTap = "open the tap"
        case listQueues = "list the queues of"
        case limitQueue = "limit the rate of"
    }

    public enum Reason: Hashable, Sendable {
        /// The name, address or entry is there already (`EEXIST`): what was asked for may well be in place.
        case alreadyExists
        /// The interface, address or entry is not there (`ENODEV`, `ENOENT`, `ESRCH`, `EADDRNOTAVAIL`).
        case notFound(Errno)
        /// Missing privilege (`EPERM`, `EACCES`).
        case notPermitted(Errno)
        /// Another process holds it, or the name is taken (`EBUSY`).
        case busy
        /// Any other error of the kernel.
        case refused(Errno)
        /// The tables changed under each of that many attempts to list them.
        case interrupted(attempts: Int)
        /// The reply could not be read; the text says why.
        case malformedReply(String)
        /// The kernel would not take the name of an interface literally.
        case invalidName
    }

    public let operation: Operation
    /// What the operation was about: the name of an interface, with an address where one is concerned.
    public let subject: String
    public let reason: Reason
    /// The kernel's own explanation (extended acknowledgement), where it gave one.
    public let kernelText: String?

    init(_ operation: Operation, _ subject: String, _ reason: Reason, kernelText: String? = nil) {
        self.operation = operation
        self.subject = subject
        self.reason = reason
        self.kernelText = kernelText
    }

    init(_ operation: Operation, _ subject: String, _ errno: Errno, kernelText: String? = nil) {
        self.init(operation, subject, Reason(errno), kernelText: kernelText)
    }

    /// Runs the part of an operation that reads the kernel's reply.
    static func reading<Value>(
        _ operation: Operation, _ subject: String, _ body: () throws(MalformedMessage) -> Value
    ) throws(NetlinkError) -> Value {
        do {
            return try body()
        } catch {
            throw NetlinkError(operation, subject, .malformedReply(error.explanation))
        }
    }

    /// The kernel's error number, where it gave one.
    public var errno: Errno? { reason.errno }

    /// What was attempted, on what, what happened and what to do, on one line.
    public var description: String {
        let explanation = kernelText.map { " (\($0))" } ?? ""
        return "cannot \(operation.rawValue) \(subject): \(reason.text)\(explanation); \(advice)"
    }

    /// What to do about it, as a clause.
    public var advice: String {
        switch (reason, operation) {
        case (.alreadyExists, .addAddress): "the interface has this address already: nothing needs doing"
        case (.alreadyExists, _): "an interface has this name: delete it, or choose another name"
        case (.notFound, .openTap): "the tun driver is missing: run `modprobe tun`, or give the container /dev/net/tun"
        case (.notFound, .deleteAddress), (.notFound, .deleteNeighbour): "there is nothing to delete"
        case (.notFound, _): "`ip link` lists the interfaces of this network namespace"
        case (.notPermitted, _): "run as root, or with CAP_NET_ADMIN in this network namespace"
        case (.busy, .openTap): "an interface has this name, or another process holds the tap: `ip link` lists them"
        case (.busy, _): "the interface is in use: `ip -d link` shows by what"
        case (.refused(.notSupportedOnSocket), _): "this kernel lacks the kind of interface or the feature"
        case (.refused, _): "check the values against `ip -d link`; `dmesg` may say more"
        case (.interrupted, _): "something keeps changing the network: try again when it has settled"
        case (.malformedReply, _): "this kernel speaks an unknown dialect of rtnetlink: please report it"
        case (.invalidName, _): "use 1 to 15 letters, digits, dots, dashes and underscores"
        }
    }
}

extension NetlinkError.Reason {
    init(_ errno: Errno) {
        switch errno {
        case .fileExists: self = .alreadyExists
        case .noSuchFileOrDirectory, .noSuchProcess, .addressNotAvailable, .operationNotSupportedByDevice:
            self = .notFound(errno)
        case .notPermitted, .permissionDenied: self = .notPermitted(errno)
        case .resourceBusy: self = .busy
        default: self = .refused(errno)
        }
    }

    var errno: Errno? {
        switch self {
        case .alreadyExists: .fileExists
        case .notFound(let errno), .notPermitted(let errno), .refused(let errno): errno
        case .busy: .resourceBusy
        case .interrupted, .malformedReply, .invalidName: nil
        }
    }

    fileprivate var text: String {
        switch self {
        case .interrupted(let attempts): "the list changed while it was read, \(attempts) times over"
        case .malformedReply(let explanation): "the kernel's reply cannot be read: \(explanation)"
        case .invalidName: "this is no name for an interface"
        default: errno?.description ?? ""
        }
    }
}
