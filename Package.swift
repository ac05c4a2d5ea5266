// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is built in Swift 6 mode, with warnings as errors and explicit import access.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library room of the house; `ARCHITECTURE.md` has the map.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of one room. Fixtures lie beside them and are found by path.
func tests(_ room: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(room)Tests", dependencies: [.target(name: room)] + dependencies, exclude: exclude,
        swiftSettings: strict)
}

/// What `scripts/bench` drives Slipway with; not part of any product.
func instrument(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Benchmarks/\(name)", swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "slipway",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "slipway", targets: ["SlipwayCLI"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    ],
    targets: [
        .systemLibrary(name: "CZlib"),
        .target(name: "CEngines"),
        .target(name: "CSandbox"),
        room("Tensors", ["CZlib"]),
        room("Images", ["Tensors"]),
        room("Columns", ["Tensors"]),
        room("ModelGraph", ["Tensors", "Images", "Columns"]),
        room("Pickle", ["Tensors"]),
        room("Sklearn", ["Tensors", "ModelGraph", "Pickle"]),
        room("Torch", ["Tensors", "ModelGraph", "Pickle"]),
        room("Houses", ["Tensors"]),
        room("HDF5", ["Tensors"]),
        room("Keras", ["Tensors", "ModelGraph", "HDF5"]),
        room("TensorFlow", ["Tensors", "ModelGraph"]),
        room("Engines", ["Tensors", "Images", "Columns", "CEngines"]),
        room("LiteRT", ["Tensors", "ModelGraph", "Engines"]),
        room("Optimize", ["Tensors", "ModelGraph", "Engines"]),
        room("Compress", ["Tensors", "ModelGraph", "Engines", "Optimize"]),
        room("Pipelines", ["Tensors", "Engines"]),
        room("Monitor"),
        room("Charts"),
        room("Drift", ["Tensors"]),
        room("Comparing", ["Tensors", "Drift"]),
        room("Release", ["Tensors", "Monitor"]),
        room("Alerts", ["Tensors", "Monitor", "Release"]),
        room("Home", ["Tensors", grdb]),
        room("Trust", [crypto]),
        room("Seals", ["Tensors", "Trust", crypto]),
        room("Registry", ["Tensors", "Home", "Trust", "Seals"]),
        room(
            "Distribution",
            ["Tensors", "Home", "Trust", "Registry", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL]),
        room(
            "Platforms",
            ["Tensors", "Home", "Trust", "Registry", "Distribution", "CZlib", subprocess, systemPackage],
            resources: [
                "CMakeLists.txt.txt", "Makefile.txt", "example.c.txt", "slipway_model.c.txt", "slipway_model.h.txt",
                "slipway_model_data.S.txt",
            ].map { .embedInCode("CLibrary/Templates/\($0)") }),
        room(
            "Workshop",
            [
                "Tensors", "ModelGraph", "Pickle", "Sklearn", "Keras", "TensorFlow", "Torch", "Houses", "Engines",
                "LiteRT", "Optimize", "Compress", "Pipelines", "Charts", "Drift", "Comparing", "Home", "Trust", "Seals",
                "Registry", "CSandbox", subprocess, systemPackage,
            ]),
        room(
            "Serve",
            [
                "Tensors", "Engines", "Pipelines", "Monitor", "Drift", "Release", "Trust", nioCore, nioPosix, nioTLS,
                nioSSL,
                logging,
            ]),
        room("Scoring", ["Tensors", "Columns", "Engines", "Trust", "Registry", "Serve"]),
        room("Client", ["Tensors", "Monitor", nioCore, nioPosix, nioHTTP1, nioSSL]),
        room(
            "Control",
            [
                "Tensors", "ModelGraph", "Engines", "Pipelines", "Monitor", "Charts", "Drift", "Comparing", "Release",
                "Alerts", "Home", "Trust", "Distribution", subprocess, systemPackage,
                "Seals",
                "Registry", "Workshop", "Serve", "Client", hummingbird, hummingbirdCore, httpTypes, mustache, logging,
                nioCore,
                serviceLifecycle, unixSignals,
            ]),
        .executableTarget(
            name: "SlipwayCLI",
            dependencies: [
                "Tensors", "Columns", "ModelGraph", "TensorFlow", "LiteRT", "Houses", "Engines", "Optimize", "Compress",
                "Pipelines", "Monitor", "Charts", "Release", "Alerts", "Home", "Trust", "Seals", "Registry",
                "Workshop", "Serve", "Client", "Control", "Distribution",
                "Platforms",
                "Scoring",
                argumentParser,
                logging,
                subprocess,
                systemPackage,
                unixSignals,
            ],
            swiftSettings: strict),
        .target(name: "CEngineLimit", dependencies: ["CEngines"], path: "Benchmarks/CEngineLimit"),
        instrument("LoadBench", ["Client", "Tensors", argumentParser]),
        instrument("EngineBench", ["Engines", "LiteRT", "Tensors", "CEngines", "CEngineLimit", argumentParser]),
        instrument("DriftBench", ["Drift", "Tensors", argumentParser]),
        instrument("FoldBench", ["Optimize", "ModelGraph", "Tensors", argumentParser]),
        instrument("RolloutBench", ["Release", "Tensors", argumentParser]),
        .target(
            name: "TestSupport", dependencies: ["Tensors", "Client", "Home", subprocess, systemPackage],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("Tensors", ["TestSupport"], exclude: ["Fixtures"]),
        tests("Images", ["Tensors", "TestSupport"], exclude: ["Fixtures"]),
        tests("Columns", ["Tensors", "TestSupport"], exclude: ["Fixtures"]),
        tests("ModelGraph", ["Tensors"], exclude: ["Fixtures"]),
        tests("LiteRT", ["Tensors", "ModelGraph", "TensorFlow", "Engines", "TestSupport"]),
        tests("Pickle", ["Tensors", "ModelGraph"], exclude: ["Fixtures"]),
        tests("Sklearn", ["Tensors", "ModelGraph", "Pickle", "Engines", "TestSupport"]),
        tests("Torch", ["Tensors", "ModelGraph", "Pickle", "Engines", "TestSupport"], exclude: ["Fixtures"]),
        tests("Houses", ["Tensors"]),
        tests("HDF5", ["Tensors"], exclude: ["Fixtures"]),
        tests("Keras", ["Tensors", "ModelGraph", "HDF5", "Engines", "TestSupport"], exclude: ["Fixtures"]),
        tests("TensorFlow", ["Tensors", "ModelGraph", "Engines", "TestSupport"], exclude: ["Fixtures"]),
        tests("Engines", ["Tensors", "LiteRT"], exclude: ["Fixtures"]),
        .testTarget(
            name: "ConformanceTests", dependencies: ["ModelGraph", "Engines", "Optimize", "Compress", "Tensors"],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        tests("Optimize", ["Tensors", "ModelGraph", "Engines"]),
        tests("Compress", ["Tensors", "ModelGraph", "Engines", "Optimize"], exclude: ["Fixtures"]),
        tests("Pipelines", ["Tensors", "Engines"]),
        tests("Monitor"),
        tests("Charts"),
        tests("Drift", ["Tensors"], exclude: ["Fixtures"]),
        tests("Comparing", ["Tensors"]),
        tests("Release", ["Tensors", "Monitor"]),
        tests("Alerts", ["Tensors", "Release", "Houses", "TestSupport"]),
        tests("Home"),
        tests("Trust"),
        tests("Seals", ["Tensors", "Trust"], exclude: ["Fixtures"]),
        tests("Registry", ["Tensors", "Home", "Trust", "Seals"]),
        tests("Distribution", ["Tensors", "Home", "Trust", "Registry", nioCore]),
        tests("Platforms", ["Tensors", "Home", "Trust", "Registry"]),
        tests("Client", ["Tensors", "Monitor", nioCore, nioPosix, nioHTTP1]),
        tests(
            "Serve",
            [
                "Tensors", "Engines", "Pipelines", "Monitor", "Release", "Trust", "Client", "TestSupport", nioCore,
                nioEmbedded, nioHTTP1, nioHTTP2, nioHPACK, logging,
            ]),
        tests("Scoring", ["Tensors", "Engines", "Serve", "TestSupport"]),
        .executableTarget(
            name: "WorkshopChild", dependencies: ["Workshop", "Tensors", "Engines", "LiteRT"],
            path: "Tests/WorkshopTests/WorkshopChild",
            swiftSettings: strict),
        tests(
            "Workshop",
            [
                "WorkshopChild", "Tensors", "ModelGraph", "TensorFlow", "LiteRT", "Engines", "Optimize", "Compress",
                "Comparing", "Home", "Trust", "Registry", "TestSupport", "CSandbox",
                systemPackage, subprocess,
            ], exclude: ["Fixtures", "WorkshopChild"]),
        .executableTarget(
            name: "FuzzChild",
            dependencies: [
                "Tensors", "Images", "ModelGraph", "Pickle", "Sklearn", "HDF5", "Keras", "TensorFlow", "Torch",
                "Houses", "Seals", "Drift",
            ],
            path: "Tests/Fuzz",
            exclude: ["Corpus", "Driver", "Serve", "StandIns"], swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzChild", "TestSupport", "Tensors", subprocess],
            swiftSettings: strict),
        tests(
            "Control",
            [
                "Tensors", "Engines", "Monitor", "Drift", "Release", "Alerts", "Home", "Trust", "Seals", "Registry",
                "Workshop", "Serve", "Client", "TestSupport", hummingbird, httpTypes, logging,
            ]),
        tests(
            "SlipwayCLI",
            [
                "Tensors", "ModelGraph", "Engines", "Compress", "Charts", "Houses", "Home", "Trust", "Seals",
                "Registry",
                "Release", "Workshop",
                "Client",
                "Control", "Distribution", argumentParser,
            ]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["TestSupport", "Tensors", "ModelGraph", "Client", "Home"],
            exclude: ["clients"],
            swiftSettings: strict),
    ]
)
