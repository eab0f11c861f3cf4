import FleetModel

/// The nftables table of one network, in nft's text form.
///
/// Each network has a table of its own, so that no rule of anybody else's is touched. An `accept` in it ends only its
/// own chain's evaluation; a `drop` is final.
struct FilterRules {
    let definition: NetworkDefinition
    let table: String

    private var bridge: String { definition.bridge }
    private var subnet: IPv4Subnet { definition.spec.subnet }

    /// Tells this text from any other; 12 digits.
    var digest: String { Digest(of: body(comment: definition.mark)).short }

    /// Replaces the table in one transaction, whatever was there. nft 1.0.6 has no `destroy`, hence `add` before
    /// `delete`.
    var replacement: String {
        "add table inet \(table)\ndelete table inet \(table)\n" + body(comment: "\(definition.mark)#\(digest)")
    }

    private func body(comment: String) -> String {
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

    /// Guests reach each other (the first rule: with br_netfilter on, bridged packets pass here too). What follows
    /// keeps the networks of all instances apart, since they all have bridges of the name `lgb…`.
    private var forward: [String] {
        let within = "iifname \"\(bridge)\" oifname \"\(bridge)\" accept"
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
