import Foundation

/// What is fuzzed: `FUZZ_TARGET` says which.
protocol FuzzTarget: SendableMetatype {
  init() throws

  /// Inputs to begin with.
  var seeds: [[UInt8]] { get }

  /// Does with an input what is tested, and traps where something does not hold.
  mutating func run(_ input: [UInt8])
}

private let targets: [String: any FuzzTarget.Type] = [
  "mls-decode": MLSDecoding.self,
  "mls-process": MLSProcessing.self,
  "mls-join": MLSJoining.self,
  "mls-load": MLSLoading.self,
  "letterlock-decode": LetterlockDecoding.self,
  "letterlock-verify": LetterlockVerifying.self,
  "relay-call": RelayCalling.self,
  "http-request": HTTPRequesting.self,
]

// libFuzzer calls from one thread, and its interface has no place for a value of ours.
nonisolated(unsafe) private var target: (any FuzzTarget)?

/// Makes the target and, in the folder that `FUZZ_SEEDS` names, its first inputs.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _: UnsafeMutablePointer<CInt>, _: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> CInt {
  let environment = ProcessInfo.processInfo.environment
  let name = environment["FUZZ_TARGET"] ?? ""
  guard let type = targets[name] else {
    fatalError("FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", "))")
  }
  do {
    let made = try type.init()
    unsafe target = made
    if let folder = environment["FUZZ_SEEDS"] { try write(made.seeds, to: folder) }
  } catch { fatalError("\(name): \(error)") }
  return 0
}

private func write(_ seeds: [[UInt8]], to folder: String) throws {
  let folder = URL(fileURLWithPath: folder)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  for (number, seed) in seeds.enumerated() {
    try Data(seed).write(to: folder.appendingPathComponent("seed-\(number)"))
  }
}

/// One input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  unsafe target?.run(input)
  return 0
}

/// Traps: a property of the library does not hold.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
  if !holds { fatalError(what()) }
}
