// swift-tools-version: 6.0
import PackageDescription

// One source, two builds. `swift build` and `swift test` are ordinary Swift. With SCUTTLE_EMBEDDED=1 the same source
// becomes the shipped library in Embedded Swift, which needs no Swift runtime: see docs/building.md.
let embedded = Context.environment["SCUTTLE_EMBEDDED"] == "1"

// The fuzz targets are static libraries, since libFuzzer brings the main function: see Tests/Fuzz/fuzz.
let fuzzing = Context.environment["SCUTTLE_FUZZ"] == "1"
let fuzzers = fuzzing ? ["FuzzLink", "FuzzImport", "FuzzCalls", "FuzzCanonical"] : []

let embeddedSettings: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags([
        "-wmo",
        // Functions on the way of an update are @_optimize(speed); all else is to be small.
        "-Osize", "-enforce-exclusivity=unchecked", "-Xcc", "-fPIC",
        // Each module brings its own copies of what it uses of the standard library; with a section a function the
        // linker keeps one, which halves the library.
        "-Xfrontend", "-function-sections",
        // Hashes that say whether a module is to be compiled anew would stand in the library.
        "-Xfrontend", "-disable-incremental-llvm-codegen",
    ]),
]
let fuzzSettings: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])]
let swiftSettings = embedded ? embeddedSettings : fuzzing ? fuzzSettings : []

// The soname has the number of the ABI. Only scuttle_* is exported: other Swift code in the host has swift_* of its own.
let linkerSettings: [LinkerSetting] =
    embedded
    ? [
        .linkedLibrary("m"),
        .unsafeFlags(["-enable-experimental-feature", "Embedded", "-use-ld=lld"]),
        .unsafeFlags(
            [
                "-soname=libscuttle.so.0",
                "--version-script=\(Context.packageDirectory)/Sources/ScuttleC/exports.map",
                "--gc-sections", "--icf=all", "-z", "defs",
            ].flatMap { ["-Xlinker", $0] }),
    ] : []

let package = Package(
    name: "scuttle",
    products: [
        .library(name: "Scuttle", targets: ["Scuttle", "ScuttleJSON"]),
        .library(name: "scuttle", type: .dynamic, targets: ["ScuttleC"]),
    ] + fuzzers.map { .library(name: $0, type: .static, targets: [$0]) },
    targets: [
        .systemLibrary(name: "CHints", path: "Sources/CHints"),
        .target(name: "Scuttle", dependencies: ["CHints"], swiftSettings: swiftSettings),
        .systemLibrary(
            name: "CJansson", path: "Sources/CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CSystem", path: "Sources/CSystem"),
        .systemLibrary(name: "CScuttle", path: "include"),
        .target(name: "ScuttleJSON", dependencies: ["Scuttle", "CJansson"], swiftSettings: swiftSettings),
        .target(
            name: "ScuttleC", dependencies: ["Scuttle", "ScuttleJSON", "CScuttle", "CSystem"],
            exclude: ["exports.map"],
            swiftSettings: swiftSettings, linkerSettings: linkerSettings),
        .target(
            name: "Simulation", dependencies: ["Scuttle", "ScuttleJSON"], path: "Tests/Simulation", exclude: ["run"]),
        .executableTarget(name: "simulate", dependencies: ["Scuttle", "Simulation"], path: "Tests/Simulate"),
        .systemLibrary(name: "CMachine", path: "Benchmarks/CMachine"),
        .executableTarget(
            name: "designs", dependencies: ["CMachine", "CHints"], path: "Benchmarks/designs",
            swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
        .testTarget(
            name: "ScuttleTests", dependencies: ["Scuttle", "ScuttleJSON", "ScuttleC", "CScuttle"]),
    ]
        + fuzzers.map {
            .target(
                name: $0, dependencies: ["Scuttle", "ScuttleJSON", "ScuttleC", "CScuttle"], path: "Tests/Fuzz/\($0)",
                swiftSettings: swiftSettings)
        }
)
