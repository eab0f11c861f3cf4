import FleetModel
import FoundationEssentials
import HostSystem

/// The kernel's packet filter, by way of nft(8).
enum NFTables {
    static let package = "nftables"

    /// Tables of the families `inet` and `bridge` by name, each as nft lists it; two of one name are one text, `inet`
    /// first.
    static func tables() async throws -> [String: String] {
        async let inet = listing(of: "inet")
        async let bridge = listing(of: "bridge")
        return blocks(try await inet + bridge)
    }

    /// The tables of a family.
    static func tables(of family: String) async throws -> [String: String] { blocks(try await listing(of: family)) }

    /// Counters are left out; numbers instead of names, so that the text does not depend on the host's services(5).
    /// Empty where nft is not installed.
    private static func listing(of family: String) async throws -> String {
        guard Command.find("nft") != nil else { return "" }
        return try await Command.run("nft", ["-s", "-n", "list", "ruleset", family], package: package)
    }

    /// Splits a listing into its tables: each begins with a line `table FAMILY NAME {` and ends with a line `}`.
    static func blocks(_ listing: String) -> [String: String] {
        var tables: [String: String] = [:]
        var name: String?
        for line in listing.split(separator: "\n") {
            if line.hasPrefix("table ") {
                let words = line.split(separator: " ")
                guard words.count >= 3 else { continue }
                name = String(words[2])
            }
            guard let current = name else { continue }
            tables[current, default: ""] += line + "\n"
            if line == "}" { name = nil }
        }
        return tables
    }

    /// The text that a table was given as its comment, or nil.
    static func comment(ofTable listing: String) -> String? {
        let line = listing.split(separator: "\n").prefix(2).last.map(String.init) ?? ""
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].allSatisfy({ $0 == "\t" || $0.isLetter || $0 == " " }),
            parts[0].contains("comment")
        else { return nil }
        return String(parts[1])
    }

    /// Runs the text as one transaction.
    static func apply(_ text: String) async throws {
        try await Command.run("nft", ["-f", "-"], package: package, input: Array(text.utf8))
    }

    /// Deletes the tables of the name; that they are gone already is no error.
    static func delete(_ table: String) async throws {
        guard Command.find("nft") != nil else { return }
        try await apply(FilterRules.removal(of: table))
    }

    /// A chain that the kernel runs by itself.
    struct BaseChain: Hashable {
        var family: String
        var table: String
        var type: String
        var hook: String
        var policy: String?
    }

    /// Every base chain of every family.
    static func baseChains() async throws -> [BaseChain] {
        guard Command.find("nft") != nil else { return [] }
        let text = try await Command.run("nft", ["-j", "list", "chains"], package: package)
        return try JSONDecoder().decode(ChainListing.self, from: Data(text.utf8)).nftables.compactMap { entry in
            guard let chain = entry.chain, let type = chain.type, let hook = chain.hook else { return nil }
            return BaseChain(
                family: chain.family, table: chain.table, type: type, hook: hook, policy: chain.policy)
        }
    }

    /// The part of libnftables-json(5) that is read here.
    private struct ChainListing: Decodable {
        struct Entry: Decodable { var chain: Chain? }
        struct Chain: Decodable {
            var family: String
            var table: String
            var type: String?
            var hook: String?
            var policy: String?
        }
        var nftables: [Entry]
    }
}
