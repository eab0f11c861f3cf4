import CLinux

/// The IPv4 routes of a network namespace.
public struct RouteTable {
    let socket: NetlinkSocket

    /// The routes of the main table: what `ip route` shows. An address with a prefix of 32 bits has none there.
    public func list() throws(NetlinkError) -> [RouteEntry] {
        var header = rtmsg()
        header.rtm_family = UInt8(AF_INET)
        // Not filtered by the kernel, which answers ENOENT for a main table that has never been written to.
        return try socket.list(
            RequestMessage(RTM_GETROUTE, flags: NLM_F_DUMP, header: header), .listRoutes, "the main table",
            decode: RouteEntry.init
        ).filter { $0.table == UInt32(RT_TABLE_MAIN.rawValue) }
    }
}
