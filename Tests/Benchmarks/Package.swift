// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "lodge", path: "../..")],
    targets: [
        .executableTarget(
            name: "read-manifests", dependencies: [.product(name: "ManifestReader", package: "lodge")],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
