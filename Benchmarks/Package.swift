// swift-tools-version: 6.2

import PackageDescription

/// `run` sets this where libolm's headers are.
let hasOlm = Context.environment["LETTERLOCK_BENCH_OLM"] != nil

/// `run` sets this where libsignal-protocol-c's and OpenSSL's headers are.
let hasSignal = Context.environment["LETTERLOCK_BENCH_SIGNAL"] != nil

/// SwiftPM names a package that is found by path after its folder; `package` declarations go by that name.
let measuredPackage =
  Context.packageDirectory.split(separator: "/").dropLast().last.map { folder in
    String(folder.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  } ?? "letterlock"

let olm: [Target] = [
  .systemLibrary(
    name: "COlm", path: "COlm", pkgConfig: "olm", providers: [.apt(["libolm-dev"]), .brew(["libolm"])])
]

let senderKey: [Target] = [
  .target(
    name: "SenderKey", path: "SenderKey",
    cSettings: [.unsafeFlags(["-I/usr/include/signal", "-Wno-deprecated-declarations"])],
    linkerSettings: [.linkedLibrary("signal-protocol-c"), .linkedLibrary("crypto")])
]

let package = Package(
  name: "benchmarks",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "letterlock", path: "..", traits: ["SQLite"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // Its own counting of allocations needs traits that read 0 on some systems: AllocationCounter does it.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "LetterlockBenchmarks",
      dependencies: [
        "AllocationCounter", "BareSodium", "BareImport",
        .product(name: "Letterlock", package: "letterlock"),
        .product(name: "LetterlockRelayKit", package: "letterlock"),
        .product(name: "LetterlockSQLite", package: "letterlock"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "MLS", package: "letterlock"),
        .product(name: "MLSSQLite", package: "letterlock"),
        .product(name: "Benchmark", package: "benchmark"),
      ] + (hasOlm ? ["COlm"] : []) + (hasSignal ? ["SenderKey"] : []),
      path: "LetterlockBenchmarks",
      // Wrapping an epoch secret has no public call of its own: it is measured through `package` declarations, so that
      // what is measured is built as an app builds it.
      packageAccess: false,
      swiftSettings: [
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .unsafeFlags(["-package-name", measuredPackage]),
      ] + (hasOlm ? [.define("OLM")] : []) + (hasSignal ? [.define("SIGNAL")] : []),
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    .target(name: "AllocationCounter", path: "AllocationCounter"),
    .target(name: "BareImport", path: "BareImport", linkerSettings: [.linkedLibrary("sqlite3")]),
    .systemLibrary(
      name: "BareSodium", path: "BareSodium", pkgConfig: "libsodium",
      providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
  ] + (hasOlm ? olm : []) + (hasSignal ? senderKey : []),
  swiftLanguageModes: [.v6]
)
