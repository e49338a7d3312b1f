// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "Example",
    dependencies: [
        .package(name: "scuttle", path: "../../..")
    ],
    targets: [
        .executableTarget(name: "Example", dependencies: [.product(name: "Scuttle", package: "scuttle")])
    ]
)
