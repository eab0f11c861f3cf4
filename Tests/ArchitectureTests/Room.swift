/// A target of `Sources`, and what its files may import.
struct Room {
    let name: String
    /// Targets of this package.
    let ours: Set<String>
    /// Modules of the system and of packages.
    let outside: Set<String>
    /// Modules that one file may import on top.
    let exceptions: [String: Set<String>]

    init(_ name: String, ours: Set<String> = [], outside: Set<String> = [], exceptions: [String: Set<String>] = [:]) {
        self.name = name
        self.ours = ours
        self.outside = outside
        self.exceptions = exceptions
    }

    func mayImport(_ module: String, in file: String) -> Bool {
        ours.contains(module) || outside.contains(module) || exceptions[file]?.contains(module) == true
    }

    /// From top to bottom: arrows of import point downwards only.
    static let all = [
        Room("lodge", ours: ["LodgeCLI"]),
        Room(
            "LodgeCLI",
            ours: ["FleetModel", "HostAgent", "HostSystem", "KVMExecutor", "ManifestReader", "Planner", "Reconciler"],
            outside: ["ArgumentParser", "Dispatch", "FoundationEssentials", "Glibc", "Synchronization"]),
        Room(
            "Reconciler", ours: ["FleetModel", "HostAgent", "Planner", "SimulatedHost"], outside: ["Synchronization"]),
        Room("SimulatedHost", ours: ["FleetModel", "HostAgent", "HostSystem", "JSONCoding"]),
        Room(
            "HostAgent", ours: ["FleetModel", "HostSystem", "JSONCoding", "KVMExecutor", "VirtualNetwork"],
            outside: ["Dispatch", "FoundationEssentials", "Glibc", "Subprocess", "Synchronization", "SystemPackage"]),
        Room(
            "KVMExecutor", ours: ["FleetModel", "HostSystem", "QMP"],
            outside: [
                "AsyncHTTPClient", "Crypto", "FoundationEssentials", "Glibc", "NIOCore", "NIOPosix", "NIOSSL",
                "Synchronization", "SystemPackage",
            ]),
        Room(
            "VirtualNetwork", ours: ["FleetModel", "HostSystem", "Netlink"],
            outside: ["FoundationEssentials", "Glibc", "SystemPackage"]),
        Room("Planner", ours: ["FleetModel"]),
        Room(
            "ManifestReader", ours: ["CYAML", "FleetModel"], outside: ["Crypto"],
            exceptions: ["FileAccess.swift": ["Glibc"]]),
        Room("FleetModel", ours: ["JSONCoding"], outside: ["Crypto", "FoundationEssentials"]),
        Room(
            "QMP", outside: ["FoundationEssentials", "Glibc", "NIOCore", "NIOPosix", "Synchronization"]),
        Room("Netlink", ours: ["CLinux"], outside: ["Glibc", "SystemPackage"]),
        Room(
            "HostSystem", ours: ["CLinux", "JSONCoding"],
            outside: ["Dispatch", "FoundationEssentials", "Glibc", "Subprocess", "SystemPackage"]),
        Room("JSONCoding"),
        Room("CLinux"),
        Room("CYAML"),
    ]

    /// Rooms whose code has no clock, no chance and no machine: the same arguments give the same result.
    static let pure = ["FleetModel", "JSONCoding", "Planner", "ManifestReader"]
}
