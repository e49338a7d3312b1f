// swift-tools-version: 6.0
import PackageDescription

// One source, two builds. `swift build` and `swift test` are ordinary Swift. With SCUTTLE_EMBEDDED=1 the same source
// becomes the shipped library in Embedded Swift, which needs no Swift runtime: see docs/explanation/building.md.
let embedded = Context.environment["SCUTTLE_EMBEDDED"] == "1"

// The fuzz targets are static libraries, since libFuzzer brings the main function: see Tests/Fuzz/fuzz.
let fuzzing = Context.environment["SCUTTLE_FUZZ"] == "1"
let fuzzers = fuzzing ? ["FuzzLink", "FuzzImport", "FuzzCalls", "FuzzCanonical", "FuzzPeer"] : []

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
        // The debug information, and with it the build id, does not name the folder that the library is built in.
        "-file-prefix-map", "\(Context.packageDirectory)=.", "-Xfrontend", "-no-clang-module-breadcrumbs",
        // Functions that may be called through a pointer begin with endbr64. Swift takes this from clang.
        "-Xcc", "-fcf-protection=full",
        // Swift emits no tables for unwinding; those of a few C functions would bring in some of their neighbours'.
        "-Xcc", "-fno-asynchronous-unwind-tables",
    ]),
]
let fuzzSettings: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])]
let swiftSettings = embedded ? embeddedSettings : fuzzing ? fuzzSettings : []

// The soname has the number of the ABI. Only scuttle_* is exported: other Swift code in the host has swift_* of its own.
let linkerSettings: [LinkerSetting] =
    embedded
    ? [
        .unsafeFlags(["-enable-experimental-feature", "Embedded", "-use-ld=lld"]),
        // The C start files run constructors, which the library has none of, and not all of them are marked for CET.
        .unsafeFlags(["-Xclang-linker", "-nostartfiles"]),
        .unsafeFlags(
            [
                "-soname=libscuttle.so.0",
                "--version-script=\(Context.packageDirectory)/Sources/ScuttleC/exports.map",
                "--gc-sections", "--icf=all", "-z", "defs",
                // The object of which scripts/archive makes the static library: all code, optimised as a whole.
                "--lto-obj-path=\(Context.packageDirectory)/.build-embedded/libscuttle.o",
                // The linker's optimizer inlines only what gets smaller by that, into functions that are @_optimize(speed), too.
                // LLVM's default, 225, takes 25 kB more. -inline-threshold would also apply to functions compiled for size.
                "-mllvm", "-inlinedefault-threshold=0",
                // Equal sequences of instructions become functions, if that saves 4 bytes or more: 11 kB less.
                "-mllvm", "-enable-machine-outliner=always", "-mllvm", "-outliner-benefit-threshold=4",
                // A jump table needs 4 bytes a case, most of which lead to one place.
                "-mllvm", "-min-jump-table-entries=12",
                // Swift does not look whether it got memory: Sources/ScuttleCore/Primitives/Memory.swift does.
                "--wrap=posix_memalign",
                // Full RELRO: all addresses are found when the library is loaded, and read-only from then on.
                "-z", "relro", "-z", "now",
                // The library is marked for CET because each of its objects is; one that is not is an error.
                "-z", "cet-report=error",
            ].flatMap { ["-Xlinker", $0] }),
    ] : []

func tests(_ name: String, in path: String, of modules: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: ["ScuttleCore", "ScuttleJansson", "ScuttleTesting"] + modules, path: path)
}

// A source distribution of the Python package builds the shared library, and has no tests.
let targetsOfTests: [Target] = [
    .target(
        name: "Simulation", dependencies: ["ScuttleCore", "ScuttleJansson"], path: "Tests/Simulation/Library"),
    .executableTarget(
        name: "simulate", dependencies: ["ScuttleCore", "Simulation"], path: "Tests/Simulation/Program"),
    .target(
        name: "ScuttleTesting", dependencies: ["ScuttleCore", "ScuttleJansson", "CScuttle"], path: "Tests/Support"),
    tests("ScuttleCoreTests", in: "Tests/Unit/ScuttleCoreTests"),
    tests("ScuttleJanssonTests", in: "Tests/Unit/ScuttleJanssonTests"),
    tests("ScuttleCTests", in: "Tests/Unit/ScuttleCTests", of: ["ScuttleC", "CScuttle"]),
    tests("ScenarioTests", in: "Tests/Scenarios"),
    tests("ConformanceTests", in: "Tests/Conformance/Swift"),
    .testTarget(name: "SwiftHostTests", dependencies: ["Scuttle", "ScuttleCodable"], path: "Tests/SwiftHost"),
]

let package = Package(
    name: "scuttle",
    products: [
        // For Swift hosts. The second is with Foundation.
        .library(name: "Scuttle", targets: ["Scuttle"]),
        .library(name: "ScuttleCodable", targets: ["ScuttleCodable"]),
        // The C library. `make` gives it its name, which would be that of the first product on a disk that ignores case.
        .library(name: "scuttle-c", type: .dynamic, targets: ["ScuttleC"]),
    ] + fuzzers.map { .library(name: $0, type: .static, targets: [$0]) },
    targets: [
        .systemLibrary(name: "CHints", path: "Sources/CHints"),
        .target(name: "ScuttleCore", dependencies: ["CHints"], swiftSettings: swiftSettings),
        .systemLibrary(
            name: "CJansson", path: "Sources/CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CSystem", path: "Sources/CSystem"),
        .systemLibrary(name: "CScuttle", path: "include"),
        .target(name: "ScuttleJansson", dependencies: ["ScuttleCore", "CJansson"], swiftSettings: swiftSettings),
        .target(
            name: "ScuttleC", dependencies: ["ScuttleCore", "ScuttleJansson", "CScuttle", "CSystem"],
            exclude: ["exports.map"],
            // A host that imports nothing else, such as Foundation, links no libm by itself.
            swiftSettings: swiftSettings, linkerSettings: [.linkedLibrary("m")] + linkerSettings),
        .target(name: "Scuttle", dependencies: ["ScuttleC", "CScuttle", "CSystem"]),
        .target(name: "ScuttleCodable", dependencies: ["Scuttle"]),
    ]
        + (embedded ? [] : targetsOfTests)
        + fuzzers.map {
            .target(
                name: $0,
                dependencies: ["ScuttleCore", "ScuttleJansson", "ScuttleC", "CScuttle"]
                    + ($0 == "FuzzPeer" ? ["Simulation"] : []),
                path: "Tests/Fuzz/\($0)",
                swiftSettings: swiftSettings)
        }
)
