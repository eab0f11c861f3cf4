// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "lodge",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")
    ],
    targets: [
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "FleetModel",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "Planner", dependencies: ["FleetModel"], swiftSettings: strict),
        .target(name: "SimulatedHost", dependencies: ["FleetModel"], swiftSettings: strict),
        .target(name: "LodgeCLI", dependencies: ["FleetModel", "Planner"], swiftSettings: strict),
        .testTarget(name: "FleetModelTests", dependencies: ["FleetModel"], swiftSettings: strict),
        .testTarget(
            name: "PlannerTests", dependencies: ["FleetModel", "Planner", "SimulatedHost"], swiftSettings: strict),
        .testTarget(
            name: "LodgeCLITests", dependencies: ["FleetModel", "LodgeCLI", "Planner", "SimulatedHost"], exclude: ["Goldens"],
            swiftSettings: strict),
    ]
)
