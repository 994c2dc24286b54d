internal import CryptoCore
internal import TLSCodec

// RFC 9420 sections 12.4.1 and 12.4.3.1.
extension Welcome {
  /// A Welcome for everybody whom a commit adds. The secrets are sealed on all cores.
  init(
    to added: [(leaf: LeafIndex, keyPackage: KeyPackage)], _ joiner: JoinerSecret, _ member: MemberSecret,
    _ info: GroupInfo, path: RenewedPath?, preSharedKeys: [PreSharedKeyID], _ suite: CipherSuiteAlgorithms
  ) throws(GroupError) {
    let encryptedInfo = try asGroupError { () throws(CipherSuiteError) in
      try member.welcomeSecret(suite).seal(info.encoded, suite)
    }
    let encryption = suite.encryption(label: "Welcome", context: encryptedInfo)
    let results: [Result<EncryptedGroupSecrets, CipherSuiteError>] = Parallel.map(added) { leaf, package in
      let secrets = GroupSecrets(
        joinerSecret: joiner.secret, pathSecret: path?.pathSecret(for: leaf), preSharedKeys: preSharedKeys)
      return Result { () throws(CipherSuiteError) in
        EncryptedGroupSecrets(
          newMember: suite.reference(to: package),
          encryptedGroupSecrets: try encryption.encrypt(secrets.encoded, to: package.initKey))
      }
    }
    var secrets: [EncryptedGroupSecrets] = []
    for result in results {
      do throws(CipherSuiteError) { secrets.append(try result.get()) } catch { throw .cipherSuite(error) }
    }
    self.init(cipherSuite: suite.suite, secrets: secrets, encryptedGroupInfo: encryptedInfo)
  }
}
