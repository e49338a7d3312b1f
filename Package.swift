// swift-tools-version: 6.0
import PackageDescription

// One source, two builds. `swift build` and `swift test` are ordinary Swift. With SCUTTLE_EMBEDDED=1 the same source
// becomes the shipped library in Embedded Swift, which needs no Swift runtime: see docs/building.md.
let embedded = Context.environment["SCUTTLE_EMBEDDED"] == "1"

let swiftSettings: [SwiftSetting] =
    embedded
    ? [
        .enableExperimentalFeature("Embedded"),
        .unsafeFlags(["-wmo", "-enforce-exclusivity=unchecked", "-Xcc", "-fPIC"]),
    ] : []

let linkerSettings: [LinkerSetting] =
    embedded
    ? [
        .linkedLibrary("m"),
        .unsafeFlags([
            "-enable-experimental-feature", "Embedded",
            "-Xlinker", "-soname=libscuttle.so.0",
            "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/ScuttleC/exports.map",
            "-Xlinker", "--gc-sections",
            "-Xlinker", "-z", "-Xlinker", "defs",
        ]),
    ] : []

let package = Package(
    name: "scuttle",
    products: [
        .library(name: "Scuttle", targets: ["Scuttle", "ScuttleJSON"]),
        .library(name: "scuttle", type: .dynamic, targets: ["ScuttleC"]),
    ],
    targets: [
        .target(name: "Scuttle", swiftSettings: swiftSettings),
        .systemLibrary(
            name: "CJansson", path: "Sources/CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CSystem", path: "Sources/CSystem"),
        .systemLibrary(name: "CScuttle", path: "include"),
        .target(name: "ScuttleJSON", dependencies: ["Scuttle", "CJansson"], swiftSettings: swiftSettings),
        .target(
            name: "ScuttleC", dependencies: ["Scuttle", "ScuttleJSON", "CScuttle", "CSystem"],
            exclude: ["exports.map"],
            swiftSettings: swiftSettings, linkerSettings: linkerSettings),
        .testTarget(
            name: "ScuttleTests", dependencies: ["Scuttle", "ScuttleJSON", "ScuttleC", "CScuttle"], exclude: []),
    ]
)
