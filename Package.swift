// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let http: [Target.Dependency] = [
    .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies, exclude: exclude,
        swiftSettings: strict)
}

let package = Package(
    name: "lodge",
    products: [
        .executable(name: "lodge", targets: ["lodge"]),
        .library(name: "ManifestReader", targets: ["ManifestReader"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .executableTarget(name: "lodge", dependencies: ["LodgeCLI"], swiftSettings: strict),
        module(
            "LodgeCLI",
            ["FleetModel", "HostAgent", "HostSystem", "ManifestReader", "Planner", "Reconciler", argumentParser]),
        module("Reconciler", ["FleetModel", "HostAgent", "Planner", "SimulatedHost"]),
        module("SimulatedHost", ["FleetModel", "HostAgent", "HostSystem", "JSONCoding"]),
        module(
            "HostAgent",
            ["FleetModel", "HostSystem", "JSONCoding", "KVMExecutor", "VirtualNetwork", subprocess, system]),
        module("KVMExecutor", ["FleetModel", "HostSystem", "QMP", crypto, system] + nio + http),
        module("VirtualNetwork", ["FleetModel", "HostSystem", "Netlink", system]),
        module("Planner", ["FleetModel"]),
        module("ManifestReader", ["CYAML", "FleetModel", crypto]),
        module("FleetModel", ["JSONCoding", crypto]),
        module("HostSystem", ["CLinux", "JSONCoding", subprocess, system]),
        module("JSONCoding"),
        module("QMP", nio),
        module("Netlink", ["CLinux", system]),
        .target(name: "CLinux"),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        tests("FleetModel", ["HostSystem", "JSONCoding"], exclude: ["Stored"]),
        tests("JSONCoding"),
        tests("ManifestReader", ["FleetModel"], exclude: ["Goldens"]),
        tests("Planner", ["FleetModel", "ManifestReader", "SimulatedHost"]),
        tests(
            "LodgeCLI",
            ["FleetModel", "HostSystem", "Planner", "Reconciler", "TestSupport", argumentParser, "lodge"],
            exclude: ["Goldens", "Patterns"]),
        tests("VirtualNetwork", ["FleetModel", "HostSystem", "NetworkTestTool", "TestSupport"]),
        .executableTarget(
            name: "NetworkTestTool", dependencies: ["FleetModel", "HostSystem", "VirtualNetwork"],
            path: "Tests/NetworkTestTool", swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["FleetModel", "HostAgent", "HostSystem", "KVMExecutor", "QMP", "lodge"],
            swiftSettings: strict),
        tests("HostSystem", ["JSONCoding", "TestSupport"]),
        tests("KVMExecutor", ["FleetModel", "HostSystem", "QMP", "TestSupport", "lodge"], exclude: ["Goldens"]),
        tests("HostAgent", ["FleetModel", "HostSystem", "KVMExecutor", "TestSupport", "lodge"]),
        tests("Reconciler", ["FleetModel", "HostAgent", "HostSystem", "Planner", "SimulatedHost", "TestSupport"]),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["FleetModel", "HostSystem"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("QMP", nio),
        tests("Netlink", ["CLinux", system]),
        .testTarget(
            name: "DocumentationTests", dependencies: ["HostSystem", "lodge"], swiftSettings: strict),
    ]
)
