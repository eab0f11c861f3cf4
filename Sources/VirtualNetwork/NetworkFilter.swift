import FleetModel
import HostSystem

/// The rules of one network, in the kernel and on record. They follow the reservations of the network's guests.
///
/// How nft lists a table depends on its version, so the listing cannot be foretold. Right after the table was made its
/// listing's digest is kept in the run folder; where text or listing differ from that later, somebody changed either.
struct NetworkFilter {
    private let rules: FilterRules
    private let folder: String
    private var table: String { rules.table }
    private var recordPath: String { "\(folder)/rules" }

    /// With the reservations of this moment: what is put into the kernel and what is put on record are the same.
    init(definition: NetworkDefinition, layout: HostLayout, marks: OwnershipMarks) {
        rules = FilterRules(
            definition: definition, table: marks.tableName(definition.id),
            ports: GuestPort.list(of: definition, layout: layout))
        folder = layout.networkRun(definition.id)
    }

    private func record(_ listing: String) -> String { "\(rules.digest) \(Digest(of: listing))\n" }

    /// True where these very rules were put into the kernel, whatever somebody did to them since.
    var isOnRecord: Bool { Files.text(recordPath)?.hasPrefix("\(rules.digest) ") ?? false }

    /// - Parameter tables: what ``NFTables/tables()`` gave.
    func isIntact(_ tables: [String: String]) -> Bool {
        guard let listing = tables[table] else { return false }
        return Files.text(recordPath) == record(listing)
    }

    func ensure() async throws {
        if !isIntact(try await NFTables.tables()) { try await make() }
    }

    /// Replaces whatever is there, and puts it on record.
    func make() async throws {
        try await NFTables.apply(rules.replacement)
        guard let listing = try await NFTables.tables()[table] else {
            throw NetworkError(
                "make the nftables table", table, "it was deleted meanwhile",
                advice: "look for a firewall service that flushes the whole ruleset")
        }
        try Files.makeFolder(folder)
        try DurableFile.write(Array(record(listing).utf8), to: recordPath)
    }

    func remove() async throws { try await NFTables.delete(table) }
}
