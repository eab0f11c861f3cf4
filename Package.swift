// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "lodge",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "FleetModel",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "HostSystem",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(name: "CLinux"),
        .target(
            name: "Netlink",
            dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(
            name: "VirtualNetwork",
            dependencies: [
                "FleetModel", "HostSystem", "Netlink", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "QMP",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "KVMExecutor",
            dependencies: [
                "FleetModel", "HostSystem", "QMP", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "NetlinkTests",
            dependencies: ["CLinux", "Netlink", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .executableTarget(
            name: "NetworkTestTool",
            dependencies: ["FleetModel", "VirtualNetwork"],
            path: "Tests/NetworkTestTool",
            swiftSettings: strict),
        .testTarget(
            name: "VirtualNetworkTests",
            dependencies: ["FleetModel", "HostSystem", "NetworkTestTool", "VirtualNetwork"],
            swiftSettings: strict),
        .testTarget(name: "FleetModelTests", dependencies: ["FleetModel"], swiftSettings: strict),
    ]
)
