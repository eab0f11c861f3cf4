import SystemPackage
import Testing

@testable import Netlink

@Suite("What errors say")
struct NetlinkErrorTests {
    static let golden: [(NetlinkError, String)] = [
        (
            NetlinkError(.createBridge, "lgb0", .fileExists),
            "cannot create the bridge lgb0: File exists; an interface has this name: delete it, or choose another name"
        ),
        (
            NetlinkError(.createBridge, "lgb0", .notSupported, kernelText: "Unknown device type"),
            "cannot create the bridge lgb0: Operation not supported (Unknown device type); "
                + "this kernel lacks the kind of interface or the feature"
        ),
        (
            NetlinkError(.addAddress, "10.0.0.1/24 on interface 4", .fileExists),
            "cannot add the address 10.0.0.1/24 on interface 4: File exists; "
                + "the interface has this address already: nothing needs doing"
        ),
        (
            NetlinkError(.configureLink, "lgt1", .operationNotSupportedByDevice),
            "cannot configure lgt1: No such device; `ip link` lists the interfaces of this network namespace"
        ),
        (
            NetlinkError(.openTap, "lgt1", .resourceBusy),
            "cannot open the tap lgt1: Device or resource busy; "
                + "an interface has this name, or another process holds the tap: `ip link` lists them"
        ),
        (
            NetlinkError(.openTap, "lgt1", .noSuchFileOrDirectory),
            "cannot open the tap lgt1: No such file or directory; "
                + "the tun driver is missing: run `modprobe tun`, or give the container /dev/net/tun"
        ),
        (
            NetlinkError(.deleteLinkGroup, "group 0", .notPermitted),
            "cannot delete all of group 0: Operation not permitted; "
                + "run as root, or with CAP_NET_ADMIN in this network namespace"
        ),
        (
            NetlinkError(.listLinks, "the interfaces", .interrupted(attempts: 16)),
            "cannot list the interfaces: the list changed while it was read, 16 times over; "
                + "something keeps changing the network: try again when it has settled"
        ),
        (
            NetlinkError(.openTap, "a/b", .invalidName),
            "cannot open the tap a/b: this is no name for an interface; "
                + "use 1 to 15 letters, digits, dots, dashes and underscores"
        ),
    ]

    @Test(arguments: golden)
    func text(error: NetlinkError, expected: String) {
        #expect(error.description == expected)
    }
}
