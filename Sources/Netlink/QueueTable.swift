import CLinux

/// What holds back the packets that the host sends by an interface: the root of its queueing disciplines
/// (`RTM_NEWQDISC`, see tc(8)). To a guest, these are the packets that it receives.
public struct QueueTable {
    let socket: NetlinkSocket

    /// The interfaces whose root is a token bucket (`tbf`, see tc-tbf(8)), each with its rate.
    public func rates() throws(NetlinkError) -> [InterfaceIndex: UInt64] {
        let entries = try socket.list(
            RequestMessage(RTM_GETQDISC, flags: NLM_F_DUMP, header: tcmsg()), .listQueues, "all interfaces",
            decode: TokenBucketEntry.init)
        return Dictionary(
            entries.compactMap { entry in entry.rate.map { (entry.interface, $0) } },
            uniquingKeysWith: { _, last in last })
    }

    /// Makes a token bucket the interface's root, in place of whatever it is.
    ///
    /// - Parameters:
    ///   - rate: bytes a second, at least 1.
    ///   - burst: bytes that pass at once. A packet that is larger is cut (where the host merged it) or dropped.
    ///   - queue: bytes that wait before more are dropped.
    /// - Throws: ``NetlinkError/Reason/notFound(_:)`` where there is no such interface, or where the kernel lacks `tbf`.
    public func limit(
        _ interface: InterfaceIndex, rate: UInt64, burst: UInt32, queue: UInt32
    ) throws(NetlinkError) {
        var parameters = tc_tbf_qopt()
        // A link layer that is given spares the table of transmission times that older kernels want.
        parameters.rate.linklayer = UInt8(TC_LINKLAYER_ETHERNET.rawValue)
        parameters.rate.rate = UInt32(clamping: rate)
        parameters.limit = queue
        var options: [Attribute] = [
            .bytes(TCA_TBF_PARMS, [UInt8](memoryOf: parameters)), .integer(TCA_TBF_BURST, burst),
        ]
        if rate > UInt64(UInt32.max) { options.append(.integer(TCA_TBF_RATE64, rate)) }
        try socket.perform(
            RequestMessage(
                RTM_NEWQDISC, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, header: Self.root(of: interface),
                attributes: [.string(TCA_KIND, TokenBucketEntry.kind), .nest(TCA_OPTIONS, options)]),
            .limitQueue, interface.description)
    }

    /// Gives the interface the kernel's default root again; that it has it already is no error.
    public func unlimit(_ interface: InterfaceIndex) throws(NetlinkError) {
        do throws(NetlinkError) {
            try socket.perform(
                RequestMessage(RTM_DELQDISC, flags: NLM_F_ACK, header: Self.root(of: interface)), .limitQueue,
                interface.description)
        } catch {
            // `qdisc_delete` of the default one: ENOENT ("Cannot delete qdisc with handle of zero").
            guard case .notFound(.noSuchFileOrDirectory) = error.reason else { throw error }
        }
    }

    private static func root(of interface: InterfaceIndex) -> tcmsg {
        var header = tcmsg()
        header.tcm_ifindex = interface.rawValue
        // TC_H_ROOT, which Swift cannot take from its header.
        header.tcm_parent = 0xFFFF_FFFF
        return header
    }
}

/// A queueing discipline in the kernel's list.
struct TokenBucketEntry {
    static let kind = "tbf"

    let interface: InterfaceIndex
    /// Bytes a second; nil where this is no token bucket, or not the root.
    let rate: UInt64?

    /// Reads `RTM_NEWQDISC`.
    init(_ message: ReceivedMessage) throws(MalformedMessage) {
        guard Int(message.type) == Int(RTM_NEWQDISC) else {
            throw MalformedMessage("a message of type \(message.type) where a queueing discipline was expected")
        }
        let (header, attributes) = try message.decode(tcmsg.self)
        interface = InterfaceIndex(rawValue: header.tcm_ifindex)
        guard header.tcm_parent == 0xFFFF_FFFF, attributes.string(TCA_KIND) == Self.kind,
            let options = try attributes.nest(TCA_OPTIONS), let bytes = options.bytes(TCA_TBF_PARMS)
        else {
            rate = nil
            return
        }
        var reader = ByteReader(bytes)
        let parameters = try reader.read(tc_tbf_qopt.self)
        rate = try options.integer(TCA_TBF_RATE64) ?? UInt64(parameters.rate.rate)
    }
}
