import FleetModel

/// The nftables tables of one network, in nft's text form: one of the `inet` family, and one of the `bridge` family
/// where the network's filter needs it, both of the same name.
///
/// Each network has tables of its own, so that no rule of anybody else's is touched. An `accept` in it ends only its
/// own chain's evaluation; a `drop` is final.
struct FilterRules {
    let definition: NetworkDefinition
    let table: String
    let ports: [GuestPort]

    private var bridge: String { definition.bridge }
    private var subnet: IPv4Subnet { definition.spec.subnet }

    /// Tells this text from any other; 12 digits.
    var digest: String { Digest(of: body(comment: definition.mark)).short }

    /// Replaces the tables in one transaction, whatever was there: connections that exist are not dropped.
    var replacement: String { Self.removal(of: table) + body(comment: "\(definition.mark)#\(digest)") }

    /// nft 1.0.6 has no `destroy`, hence `add` before `delete`.
    static func removal(of table: String) -> String {
        ["inet", "bridge"].map { "add table \($0) \(table)\ndelete table \($0) \(table)\n" }.joined()
    }

    private func body(comment: String) -> String {
        let guests = PortRules(filter: definition.spec.filter, ports: ports).body.map {
            "table bridge \(table) {\n    comment \"\(comment)\"\n\($0)\n}\n"
        }
        return hostRules(comment: comment) + (guests ?? "")
    }

    private func hostRules(comment: String) -> String {
        """
        table inet \(table) {
            comment "\(comment)"
            chain forward {
                type filter hook forward priority filter; policy accept;
        \(forward.map { "        \($0)" }.joined(separator: "\n"))
            }
            chain input {
                type filter hook input priority filter; policy accept;
                iifname "\(bridge)" udp dport { 53, 67 } accept
                iifname "\(bridge)" tcp dport 53 accept
            }
        \(definition.spec.mode == .nat ? postrouting : "")
        }

        """
    }

    /// Guests reach each other unless the filter says otherwise (the first rule: with br_netfilter on, bridged packets
    /// pass here too, and so do those that a guest has the host pass on). What follows
    /// keeps the networks of all instances apart, since they all have bridges of the name `lgb…`.
    private var forward: [String] {
        let verdict = definition.spec.filter.betweenGuests == .allow ? "accept" : "drop"
        let within = "iifname \"\(bridge)\" oifname \"\(bridge)\" \(verdict)"
        let inwards = "oifname \"\(bridge)\" drop"
        let outwards = "iifname \"\(bridge)\" drop"
        switch definition.spec.mode {
        case .isolated:
            return [within, outwards, inwards]
        case .nat:
            return [
                within,
                "iifname \"\(bridge)\" oifname \"\(InterfaceName.prefix)b*\" drop",
                "iifname \"\(InterfaceName.prefix)b*\" oifname \"\(bridge)\" drop",
                "iifname \"\(bridge)\" ip saddr \(subnet) accept",
                outwards,
                "oifname \"\(bridge)\" ct state established,related accept",
                inwards,
            ]
        }
    }

    private var postrouting: String {
        """
            chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                oifname != "\(bridge)" ip saddr \(subnet) ip daddr != \(subnet) masquerade
            }
        """
    }
}
