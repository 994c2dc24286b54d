// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "consumer",
  platforms: [.macOS("26.0")],
  dependencies: [.package(name: "letterlock", path: "../..")],
  targets: [
    .executableTarget(
      name: "Consumer", dependencies: [.product(name: "Letterlock", package: "letterlock")]),
    .executableTarget(
      name: "OwnStorage",
      dependencies: [
        .product(name: "Letterlock", package: "letterlock"),
        .product(name: "LetterlockRelayKit", package: "letterlock"),
        .product(name: "LetterlockTestKit", package: "letterlock"),
      ]),
    .executableTarget(
      name: "MLSConsumer", dependencies: [.product(name: "MLS", package: "letterlock")]),
  ],
  swiftLanguageModes: [.v6]
)
