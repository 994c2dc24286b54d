import TLSCodec
import Testing

@testable import MLS

@Suite("draft-ietf-mls-extensions: dictionaries of components")
struct AppDataDictionaryTests {
  @Test func `a dictionary is the draft's structure, sorted however it was filled`() throws {
    var dictionary: AppDataDictionary = [.private(1): [1, 2], .safeAAD: []]
    dictionary[.appComponents] = [9]
    // component_data<V> of (uint16 component_id, opaque data<V>).
    let bytes: [UInt8] = [12, 0, 1, 1, 9, 0, 2, 0, 0x80, 1, 2, 1, 2]
    #expect(dictionary.encoded == bytes)
    #expect(try AppDataDictionary(decoding: bytes) == dictionary)
    #expect(dictionary.componentData.map(\.componentID) == [.appComponents, .safeAAD, .private(1)])
    dictionary[.safeAAD] = nil
    dictionary[.safeAAD] = nil
    dictionary[.private(1)] = [3]
    #expect(dictionary == [.private(1): [3], .appComponents: [9]])
    #expect(dictionary[.private(1)] == [3])
    #expect(dictionary[.safeAAD] == nil && dictionary[.private(0)] == nil)
  }

  @Test func `a dictionary behaves as one of the standard library, whatever happens to it`() {
    var random = SplitMix64(state: 20)
    var (dictionary, reference) = (AppDataDictionary(), [UInt16: [UInt8]]())
    for _ in 0..<2_000 {
      let number = UInt16(random.below(40))
      let data = random.below(3) == 0 ? nil : [UInt8(random.below(256))]
      dictionary[ComponentID(rawValue: number)] = data
      reference[number] = data
      #expect(dictionary.componentData.map(\.componentID.rawValue) == reference.keys.sorted())
      #expect(dictionary.componentData.map(\.data) == reference.keys.sorted().map { reference[$0] })
    }
  }

  @Test func `what is not sorted, or has a component twice, is refused`() {
    for bytes: [UInt8] in [[6, 0, 2, 0, 0, 1, 0], [6, 0, 1, 0, 0, 1, 0]] {
      #expect(throws: TLSError.invalidValue) { try AppDataDictionary(decoding: bytes) }
      #expect(throws: TLSError.invalidValue) { try SafeAAD(decoding: bytes) }
    }
  }

  @Test func `bytes are a SafeAAD where one can be read from them, and nowhere else`() {
    let whole: [UInt8] = [10, 0, 1, 1, 9, 0, 2, 0, 0x80, 1, 0]
    var candidates: [[UInt8]] = [[], [0], [0, 0], whole, whole + [0], [0x40, 0], [1, 0], [2, 0, 0]]
    for end in whole.indices { candidates.append(Array(whole[..<end])) }
    for bit in 0..<8 * whole.count {
      var altered = whole
      altered[bit / 8] ^= 1 << (bit % 8)
      candidates.append(altered)
    }
    var random = SplitMix64(state: 21)
    for _ in 0..<20_000 {
      // Small numbers make more that is nearly right.
      candidates.append((0..<random.below(12)).map { _ in UInt8(random.below(7)) })
    }
    var count = 0
    for bytes in candidates {
      let isOne = (try? SafeAAD(decoding: bytes)) != nil
      count += isOne ? 1 : 0
      #expect(bytes.withRawSpan { SafeAAD.isEncoding($0) } == isOne, "\(bytes)")
    }
    #expect(count > 100)
  }

  @Test func `the proposals are the draft's structures`() throws {
    let cases: [(Proposal, [UInt8])] = [
      (.updating(.private(1), [1, 2]), [0, 8, 0x80, 1, 1, 2, 1, 2]),
      (.removingData(of: .private(1)), [0, 8, 0x80, 1, 2]),
      (.sending([3], to: .private(1)), [0, 9, 0x80, 1, 1, 3]),
    ]
    for (proposal, bytes) in cases {
      #expect(proposal.encoded == bytes)
      #expect(try Proposal(decoding: bytes) == proposal)
    }
    #expect(throws: TLSError.unknownValue) { try Proposal(decoding: [0, 8, 0x80, 1, 0]) }
    #expect(throws: TLSError.unknownValue) { try Proposal(decoding: [0, 8, 0x80, 1, 3]) }
  }
}
