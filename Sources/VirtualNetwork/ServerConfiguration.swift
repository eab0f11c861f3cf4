import FleetModel
import Netlink

/// What the DHCP and DNS server of one network is started with, in the form of dnsmasq(8)'s configuration file.
///
/// The file's name has a digest of its text, and the process's command line has the file's name: so a process itself
/// says whose it is and with which settings it runs.
struct ServerConfiguration {
    let definition: NetworkDefinition
    let layout: HostLayout
    /// The bridge's number in the kernel. dnsmasq binds its DHCP socket to it, and is deaf once the bridge was deleted
    /// and made again.
    let bridgeIndex: InterfaceIndex

    private var spec: NetworkSpec { definition.spec }

    var path: String {
        let digest = Digest(of: text).short
        return "\(layout.networkRun(definition.id))/dnsmasq-\(definition.owner.instance)-\(digest).conf"
    }

    /// - `dhcp-range=…,static` refuses unknown MAC addresses, `dhcp-ignore-names` keeps guests from naming themselves.
    /// - Nothing that is read again (`dhcp-hostsdir`) may carry tags: dnsmasq 2.90 crashes on SIGHUP.
    /// - `pid-file=` writes none: the process table is asked instead.
    var text: String {
        let folder = layout.network(definition.owner.fleet, definition.name)
        var lines = [
            "# \(definition.bridge), \(bridgeIndex)",
            "keep-in-foreground",
            "pid-file=",
            "bind-dynamic",
            "interface=\(definition.bridge)",
            "except-interface=lo",
            "no-hosts",
            "domain-needed",
            "hostsdir=\(folder.names)",
            "dhcp-range=\(spec.subnet.base),static,\(spec.subnet.netmask),\(max(120, spec.lease.wholeSeconds))",
            "dhcp-authoritative",
            "dhcp-hostsdir=\(folder.reservations)",
            "dhcp-leasefile=\(folder.leases)",
            "dhcp-ignore-names",
            "quiet-dhcp",
        ]
        if let domain = spec.domain {
            lines += ["domain=\(domain)", "local=/\(domain)/", "expand-hosts"]
        }
        // Forced, since many clients take a MTU that they were given, and do not ask for one.
        if spec.mtu != NetworkSpec.defaultMTU { lines.append("dhcp-option-force=option:mtu,\(spec.mtu)") }
        switch spec.mode {
        case .isolated:
            // No default route, and no names but the network's own.
            lines += ["dhcp-option=option:router", "no-resolv"]
        case .nat where !spec.upstream.isEmpty:
            lines += ["no-resolv"] + spec.upstream.map { "server=\($0)" }
        case .nat: break
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
