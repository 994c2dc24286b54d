// swift-tools-version: 6.2

import PackageDescription

/// Everything an app does not need to seal and open messages sits behind a trait, and none is on by
/// default: importing `Letterlock` resolves swift-crypto and what swift-crypto needs, no more.
let traits: Set<Trait> = [
  .trait(
    name: "SQLite",
    description: "The stores of devices and of MLS groups, the embedded relay and the importers, on GRDB."),
  .trait(name: "X509", description: "Chains of certificates as MLS credentials, on swift-certificates."),
  .trait(name: "HTTP", description: "`HTTPRelay`, a relay behind a URL, on async-http-client."),
  .trait(
    name: "Server",
    description: "The relay's HTTP server, on Hummingbird, and the `letterlock-relay` command.",
    enabledTraits: ["SQLite"]),
  .trait(name: "Tool", description: "The `letterlock` command.", enabledTraits: ["SQLite"]),
  .default(enabledTraits: []),
]

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let grdb: Target.Dependency = .product(
  name: "GRDB", package: "GRDB.swift", condition: .when(traits: ["SQLite"]))

/// SQLite's own functions, for what GRDB leaves to them.
let sqlite: Target.Dependency = .product(
  name: "GRDBSQLite", package: "GRDB.swift", condition: .when(traits: ["SQLite"]))

let certificates: Target.Dependency = .product(
  name: "X509", package: "swift-certificates", condition: .when(traits: ["X509"]))

/// Products of the HTTP client's stack, and of the server's.
func http(_ name: String, _ package: String) -> Target.Dependency {
  .product(name: name, package: package, condition: .when(traits: ["HTTP"]))
}

func server(_ name: String, _ package: String) -> Target.Dependency {
  .product(name: name, package: package, condition: .when(traits: ["Server"]))
}

/// The documentation's plugin is fetched only for `make docs`: an importer never sees it.
let documentation: [Package.Dependency] =
  Context.environment["LETTERLOCK_DOCS"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

let package = Package(
  name: "letterlock",
  platforms: [.macOS("26.0")],
  products: [
    .library(name: "Letterlock", targets: ["Letterlock"]),
    .library(name: "LetterlockRelayKit", targets: ["LetterlockRelayKit"]),
    .library(name: "MLS", targets: ["MLS"]),
    .library(name: "MLSX509", targets: ["MLSX509"]),
    .library(name: "MLSSQLite", targets: ["MLSSQLite"]),
    .library(name: "LetterlockSQLite", targets: ["LetterlockSQLite"]),
    .library(name: "LetterlockTestKit", targets: ["LetterlockTestKit"]),
    .library(name: "LetterlockHTTP", targets: ["LetterlockHTTP"]),
    .library(name: "LetterlockServer", targets: ["LetterlockServer"]),
    .library(name: "LetterlockImport", targets: ["LetterlockImport"]),
    .executable(name: "letterlock", targets: ["letterlock"]),
    .executable(name: "letterlock-relay", targets: ["letterlock-relay"]),
  ],
  traits: traits,
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.31.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0",
      traits: [.trait(name: "YAML", condition: .when(traits: ["Server"]))]),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ] + documentation,
  targets: [
    .systemLibrary(
      name: "CSodium", pkgConfig: "libsodium",
      providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
    .target(
      name: "CryptoCore",
      dependencies: ["CSodium", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .target(name: "SystemCore", swiftSettings: settings),
    .target(name: "TLSCodec", swiftSettings: settings),
    .target(name: "MLS", dependencies: ["CryptoCore", "SystemCore", "TLSCodec"], swiftSettings: settings),
    .target(
      name: "MLSX509",
      dependencies: [
        "MLS", "CryptoCore", "SystemCore", certificates, .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .target(name: "SQLiteCore", dependencies: ["SystemCore", grdb, sqlite], swiftSettings: settings),
    .target(name: "MLSSQLite", dependencies: ["MLS", "SQLiteCore", grdb], swiftSettings: settings),
    .target(
      name: "LetterlockFormat", dependencies: ["CryptoCore", "SystemCore", "TLSCodec"],
      swiftSettings: settings),
    .target(
      name: "LetterlockRelayKit", dependencies: ["LetterlockFormat", "CryptoCore", "SystemCore", "TLSCodec"],
      swiftSettings: settings),
    .target(
      name: "Letterlock", dependencies: ["LetterlockFormat", "CryptoCore", "SystemCore", "TLSCodec"],
      swiftSettings: settings),
    .target(
      name: "LetterlockTestKit",
      dependencies: [
        "Letterlock", "LetterlockRelayKit", "LetterlockFormat", "CryptoCore", "SystemCore", "TLSCodec",
      ],
      swiftSettings: settings),
    .target(
      name: "LetterlockSQLite",
      dependencies: [
        "Letterlock", "LetterlockRelayKit", "SQLiteCore", "CryptoCore", "SystemCore", "TLSCodec", grdb,
      ],
      swiftSettings: settings),
    .target(
      name: "LetterlockHTTPFormat",
      dependencies: ["LetterlockFormat", "CryptoCore", "SystemCore", "TLSCodec"],
      swiftSettings: settings),
    .target(
      name: "LetterlockHTTP",
      dependencies: [
        "LetterlockHTTPFormat", "LetterlockFormat", "CryptoCore", "SystemCore", "TLSCodec",
        http("AsyncHTTPClient", "async-http-client"), http("NIOCore", "swift-nio"),
        http("NIOSSL", "swift-nio-ssl"),
      ],
      swiftSettings: settings),
    .target(
      name: "LetterlockServer",
      dependencies: [
        "LetterlockHTTPFormat", "LetterlockRelayKit", "LetterlockFormat", "CryptoCore", "SystemCore",
        "TLSCodec", server("Hummingbird", "hummingbird"), server("HummingbirdCore", "hummingbird"),
        server("HummingbirdHTTP2", "hummingbird"), server("HTTPTypes", "swift-http-types"),
        server("CoreMetrics", "swift-metrics"), server("Logging", "swift-log"),
        server("NIOCore", "swift-nio"), server("NIOHTTP1", "swift-nio"),
        server("NIOHTTPTypes", "swift-nio-extras"), server("NIOPosix", "swift-nio"),
        server("NIOSSL", "swift-nio-ssl"),
        server("ServiceLifecycle", "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "letterlock-relay",
      dependencies: [
        "LetterlockServer", "LetterlockRelayKit", "LetterlockSQLite", "LetterlockFormat", "CryptoCore",
        "SystemCore", "TLSCodec",
        server("ArgumentParser", "swift-argument-parser"),
        server("Configuration", "swift-configuration"), server("Logging", "swift-log"),
        server("ServiceLifecycle", "swift-service-lifecycle"),
        server("UnixSignals", "swift-service-lifecycle"), server("Yams", "Yams"),
      ],
      path: "Sources/LetterlockRelayTool",
      swiftSettings: settings),
    .target(
      name: "LetterlockImport", dependencies: ["Letterlock", "SQLiteCore", "CryptoCore", "SystemCore", grdb],
      swiftSettings: settings),
    .target(
      name: "LetterlockVectors",
      dependencies: [
        "Letterlock", "LetterlockHTTPFormat", "LetterlockRelayKit", "MLS", "CryptoCore", "SystemCore",
        "TLSCodec",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "letterlock",
      dependencies: [
        "Letterlock", "LetterlockRelayKit", "LetterlockSQLite", "LetterlockHTTP", "LetterlockImport",
        "LetterlockVectors", "CryptoCore", "SystemCore", "TLSCodec",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser",
          condition: .when(traits: ["Tool"])),
      ],
      path: "Sources/LetterlockTool",
      swiftSettings: settings),
    .testTarget(name: "CryptoCoreTests", dependencies: ["CryptoCore"], swiftSettings: settings),
    .testTarget(name: "SystemCoreTests", dependencies: ["SystemCore"], swiftSettings: settings),
    .testTarget(name: "TLSCodecTests", dependencies: ["TLSCodec"], swiftSettings: settings),
    .testTarget(name: "MLSTests", dependencies: ["MLS", "CryptoCore", "TLSCodec"], swiftSettings: settings),
    .testTarget(
      name: "MLSX509Tests",
      dependencies: [
        "MLSX509", "MLS", certificates, .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .testTarget(name: "MLSSQLiteTests", dependencies: ["MLSSQLite", "MLS"], swiftSettings: settings),
    .testTarget(
      name: "LetterlockTests",
      dependencies: [
        "Letterlock", "LetterlockFormat", "LetterlockRelayKit", "LetterlockTestKit", "CryptoCore",
        "SystemCore", "TLSCodec", "LetterlockHTTP", "LetterlockHTTPFormat", "LetterlockServer",
        server("Logging", "swift-log"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "LetterlockTestKitTests",
      dependencies: ["LetterlockTestKit", "Letterlock", "LetterlockRelayKit"],
      swiftSettings: settings),
    // Started and killed by the tests of LetterlockSQLite.
    .executableTarget(
      name: "CrashProbe", dependencies: ["LetterlockSQLite", "Letterlock", "LetterlockFormat", "CryptoCore"],
      path: "Tests/CrashProbe", swiftSettings: settings),
    .testTarget(
      name: "LetterlockSQLiteTests",
      dependencies: [
        "LetterlockSQLite", "LetterlockTestKit", "Letterlock", "LetterlockFormat", "LetterlockRelayKit",
        "SQLiteCore", "CryptoCore", "SystemCore", "TLSCodec", "CrashProbe", grdb,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "LetterlockImportTests",
      dependencies: [
        "LetterlockImport", "Letterlock", "LetterlockFormat", "LetterlockRelayKit", "SystemCore", grdb,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "LetterlockHTTPFormatTests",
      dependencies: [
        "LetterlockHTTPFormat", "LetterlockTestKit", "LetterlockFormat", "CryptoCore", "TLSCodec",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "LetterlockServerTests",
      dependencies: [
        "LetterlockServer", "LetterlockHTTP", "LetterlockHTTPFormat", "LetterlockTestKit", "Letterlock",
        "LetterlockFormat", "LetterlockRelayKit", "LetterlockSQLite", "CryptoCore", "SystemCore", "TLSCodec",
        "letterlock-relay", certificates, .product(name: "Crypto", package: "swift-crypto"),
        server("Logging", "swift-log"), server("NIOCore", "swift-nio"), server("NIOSSL", "swift-nio-ssl"),
        server("HTTPTypes", "swift-http-types"), server("NIOEmbedded", "swift-nio"),
        server("NIOHTTPTypes", "swift-nio-extras"), server("NIOPosix", "swift-nio"),
        http("AsyncHTTPClient", "async-http-client"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "LetterlockVectorsTests", dependencies: ["LetterlockVectors"], swiftSettings: settings),
    // Start the command beside the tests, as a person would.
    .testTarget(
      name: "LetterlockToolTests",
      dependencies: [
        "letterlock", "letterlock-relay", "Letterlock", "LetterlockFormat", "LetterlockRelayKit",
        "LetterlockSQLite",
        "CryptoCore",
        "SystemCore", grdb,
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
