import FleetModel
import Glibc
import HostSystem
import Netlink

/// What may flow through a guest's tap in a second, in each direction.
///
/// What the guest receives waits in a token bucket at the tap, which goes with it. What the guest sends is dropped above
/// the rate, by a table of nftables rules of its own: at the tap's ingress the kernel cannot make packets wait, and
/// tc's `police` is in fewer kernels than nft's `limit`. The table of a tap that is gone stays, harmless; a file in the
/// run folder, written before the table, tells of it until it is removed.
struct TapRates {
    let layout: HostLayout
    let marks: OwnershipMarks

    /// A rate below which a tap would not pass a packet in a tenth of a second is no limit but a fault: the token
    /// bucket's size does not go below one packet of the largest kind that the host makes for a tap.
    private static let leastBurst: Int64 = 65_536

    /// A table that was made for a tap, which may be gone.
    struct Record: Hashable {
        var tap: String
        /// The NIC's alias: whose it was.
        var alias: String
    }

    // MARK: Limits of a tap

    /// Gives the tap this limit, or none.
    ///
    /// - Parameter alias: the tap's own, which tells whose the table is.
    func set(_ rate: DataRate?, of tap: Link, alias: String, _ socket: NetlinkSocket) throws {
        guard let rate else {
            try socket.queues.unlimit(tap.index)
            return try forget(tap.name)
        }
        let burst = max(rate.bytesPerSecond / 100, Self.leastBurst)
        try socket.queues.limit(
            tap.index, rate: UInt64(rate.bytesPerSecond), burst: UInt32(clamping: burst),
            queue: UInt32(clamping: burst + rate.bytesPerSecond / 20))
        try Files.makeFolder(folder)
        try DurableFile.write(Array("\(alias)\n".utf8), to: path(tap.name))
        try run(replacement(rate, of: tap.name, alias: alias))
    }

    /// Removes the table of a tap, whether that is still there or not. That there is none is no error.
    func forget(_ tap: String) throws {
        guard Files.exists(path(tap)) || Files.exists(draft(tap)) else { return }
        try run("add table netdev \(table(tap))\ndelete table netdev \(table(tap))\n")
        for file in [draft(tap), path(tap)] { try Files.remove(file) }
    }

    /// Tells whose the table is by the guest's new name.
    func mark(_ tap: String, alias: String) throws {
        guard Files.exists(path(tap)) else { return }
        try DurableFile.write(Array("\(alias)\n".utf8), to: path(tap))
    }

    private func replacement(_ rate: DataRate, of tap: String, alias: String) -> String {
        """
        add table netdev \(table(tap))
        delete table netdev \(table(tap))
        table netdev \(table(tap)) {
            comment "\(alias)"
            chain ingress {
                type filter hook ingress device "\(tap)" priority 0; policy accept;
                limit rate over \(rate.bytesPerSecond) bytes/second drop
            }
        }

        """
    }

    // MARK: What is there

    /// Those of which a process was killed while it wrote the file among them.
    var records: [Record] {
        let files = ((try? Files.list(folder)) ?? []).filter { $0.hasPrefix(InterfaceName.prefix) }
        let suffix = DurableFile.temporarySuffix
        return Set(files.map { $0.hasSuffix(suffix) ? String($0.dropLast(suffix.count)) : $0 }).sorted().map { tap in
            let text = Files.text(path(tap)) ?? Files.text(draft(tap)) ?? ""
            return Record(tap: tap, alias: text.filter { $0 != "\n" })
        }
    }

    /// The limits of the instance's taps as the kernel has them, by the tap's name; without those that have none.
    func limits(_ links: [Link], _ socket: NetlinkSocket) async throws -> [String: TapLimit] {
        let received = try socket.queues.rates()
        let sent = records.isEmpty ? [:] : try await NFTables.tables(of: "netdev")
        var limits: [String: TapLimit] = [:]
        for link in links where link.kind == "tun" && marks.own(link) {
            let limit = TapLimit(
                received: received[link.index].map { Int64(clamping: $0) },
                sent: sent[table(link.name)].flatMap(Self.rate(inTable:)))
            if limit != TapLimit() { limits[link.name] = limit }
        }
        return limits
    }

    /// The rate in the table's listing, in which nft writes the largest unit that gives a whole number; units are powers
    /// of two (`get_rate` in nftables' `src/datatype.c`).
    static func rate(inTable listing: String) -> Int64? {
        let words = listing.split(whereSeparator: { " \n\t".contains($0) })
        guard let over = words.firstIndex(of: "over"), over + 2 < words.count, let number = Int64(words[over + 1])
        else { return nil }
        switch words[over + 2] {
        case "bytes/second": return number
        case "kbytes/second": return number << 10
        case "mbytes/second": return number << 20
        default: return nil
        }
    }

    func table(_ tap: String) -> String { "\(marks.tablePrefix)\(tap)" }
    private var folder: String { layout.tapRatesFolder }
    private func path(_ tap: String) -> String { "\(folder)/\(tap)" }
    private func draft(_ tap: String) -> String { path(tap) + DurableFile.temporarySuffix }

    /// Runs nft and waits for it. Not by way of ``NFTables``: this is also done by the process that is about to become
    /// QEMU, whose only thread must be its own.
    private func run(_ rules: String) throws {
        guard let nft = Command.find("nft") else {
            throw NetworkError(
                "limit the rate of", "a tap", "nft is not installed", advice: "install it: apt-get install nftables")
        }
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw SystemError.now("make", "a pipe")
        }
        // Far below what a pipe holds: nothing waits for the reader.
        let bytes = Array(rules.utf8)
        let written = write(ends[1], bytes, bytes.count)
        close(ends[1])
        defer { close(ends[0]) }
        guard written == bytes.count else { throw SystemError.now("write to", "nft") }
        let pid = try DetachedProcess.start(
            "/usr/bin/timeout", arguments: ["--signal=KILL", "60", nft, "-f", "-"], descriptors: [0: ends[0], 2: 2],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"])
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError.now("wait for", "nft") }
        }
        guard status == 0 else {
            throw NetworkError(
                "limit the rate of", "a tap", "nft refused the rules (status \(status >> 8))",
                advice: "the kernel needs nf_tables with the netdev family; nft's own words are in the guest's qemu.log"
            )
        }
    }
}

/// What may flow through a guest's tap in a second, in bytes; nil: as much as there is.
public struct TapLimit: Hashable, Sendable {
    /// To the guest.
    public var received: Int64?
    /// From the guest.
    public var sent: Int64?

    public init(received: Int64? = nil, sent: Int64? = nil) {
        self.received = received
        self.sent = sent
    }

    /// The same in both directions.
    public init(_ rate: DataRate?) { self.init(received: rate?.bytesPerSecond, sent: rate?.bytesPerSecond) }
}
