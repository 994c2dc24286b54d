// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "first-hour",
  platforms: [.macOS("26.0")],
  dependencies: [.package(name: "letterlock", path: "../..")],
  targets: [
    .executableTarget(
      name: "FirstHour",
      dependencies: [
        .product(name: "Letterlock", package: "letterlock"),
        .product(name: "LetterlockRelayKit", package: "letterlock"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
