import FleetModel
import HostSystem
import KVMExecutor
import VirtualNetwork

/// What `lodge launch` does: opens the guest's taps and becomes its QEMU.
public enum Launch {
    /// Never returns where it succeeds.
    public static func run(_ fleet: Name, _ name: Name, layout: HostLayout) throws -> Never {
        let definition = try GuestStore(layout: layout).definition(fleet, name)
        let network = NetworkHost(layout: layout, instance: definition.owner.instance)
        let taps = try definition.spec.nics.map { try network.openTap(guest: definition, nic: $0) }
        try Launcher(layout: layout).become(definition, taps: taps, loggerArguments: ["log-console"])
    }
}
