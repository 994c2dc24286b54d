/// A rule of RFC 9420 that does not hold: one case for each rule.
public enum ValidationError: Error, Hashable, Sendable, CaseIterable {
  // Section 7.3: leaf nodes.
  /// The authentication service refuses a credential. Section 5.3.1.
  case credentialRefused
  /// The authentication service refuses that a credential takes another's place. Section 5.3.1.
  case successorRefused
  /// The signature of a leaf is not valid.
  case leafSignatureInvalid
  /// A leaf does not support what the group requires.
  case requiredCapabilityMissing
  /// A leaf does not list the group's version or cipher suite.
  case suiteNotInCapabilities
  /// A member does not support the credential type of a leaf.
  case credentialTypeUnsupported
  /// A leaf does not support the credential type of a member.
  case memberCredentialTypeUnsupported
  /// The lifetime of a leaf does not hold the current time.
  case lifetimeNotCurrent
  /// The lifetime of a leaf is longer than the application accepts. Section 7.2.
  case lifetimeTooLong
  /// A leaf has an extension that its capabilities do not list.
  case leafExtensionUnlisted
  /// The leaf of a key package has another source.
  case leafSourceNotKeyPackage
  /// The leaf of an Update has another source.
  case leafSourceNotUpdate
  /// The leaf of a path has another source.
  case leafSourceNotCommit
  /// A leaf that takes another's place has the same encryption key.
  case encryptionKeyNotReplaced
  /// Two members have one signature key.
  case signatureKeyNotUnique
  /// Two nodes have one encryption key.
  case encryptionKeyNotUnique
  /// A list has two extensions of one type. Section 13.4.
  case extensionTypeRepeated
  /// A leaf does not support an extension of the GroupContext. Section 13.4.
  case groupExtensionUnsupported

  // Sections 7.5, 7.6 and 7.9: update paths and parent hashes.
  /// A path has not one node for each node of the filtered direct path.
  case pathLengthMismatch
  /// A node of a path has not one ciphertext for each node in the resolution of its copath child.
  case pathCiphertextCountMismatch
  /// A key that was derived from a path secret is not the one in the path or in the tree.
  case pathKeyMismatch
  /// The parent hash in the committer's new leaf is not the one that follows from the path. Section 7.9.2.
  case pathParentHashMismatch
  /// A path secret is for nobody whose key this member has.
  case pathSecretNotForUs
  /// A parent node cannot be chained to the leaf of the member who made it. Section 7.9.2.
  case parentHashInvalid

  // Section 8.4: pre-shared keys.
  /// A pre-shared key is not at hand.
  case preSharedKeyUnavailable

  // Section 10.1: key packages.
  /// A key package is of another version.
  case keyPackageVersionMismatch
  /// A key package is of another cipher suite.
  case keyPackageSuiteMismatch
  /// The signature of a key package is not valid.
  case keyPackageSignatureInvalid
  /// A key package has one key as init key and as encryption key.
  case initKeyIsEncryptionKey

  // Section 11: groups that follow another.
  /// A group that follows another does not begin with epoch 1. Sections 11.2 and 11.3.
  case successorEpochNotOne
  /// A group that should follow another has no reinit or branch key of it, or, after a ReInit, the key of
  /// another epoch than the last. Sections 11.2 and 11.3.
  case successorKeyMismatch
  /// The new group is not what the ReInit asked for. Section 11.2.
  case reInitMismatch
  /// A member of the old group is not in the new one. Section 12.4.3.1.
  case reInitMemberMissing
  /// The new group has another version or cipher suite. Section 11.3.
  case branchMismatch
  /// A member of the new group is not in the old one. Section 11.3.
  case branchMemberUnknown

  // Section 12.1: single proposals.
  /// A Remove names no member. Section 12.1.3.
  case removedLeafBlank
  /// The nonce of a pre-shared key is not as long as the hash. Section 12.1.4.
  case preSharedKeyNonceLength
  /// A resumption key for reinit or branch is used in an ordinary commit. Section 12.1.4.
  case resumptionUsageForbidden
  /// A ReInit asks for a lower version. Section 12.1.5.
  case reInitVersionLower
  /// A member does not support what new GroupContext extensions require. Section 12.1.7.
  case requiredCapabilitiesUnsupported
  /// An external sender is not in the `external_senders` extension. Section 12.1.8.
  case externalSenderUnknown
  /// An external sender may not send such a proposal. Section 12.1.8.
  case externalProposalForbidden
  /// A new member proposes something other than its Add. Section 12.1.8.
  case newMemberProposalNotAdd
  /// An Update or a SelfRemove is not by a member.
  case proposalNeedsMember

  // Section 12.2: lists of proposals.
  /// An Update is by the committer.
  case updateByCommitter
  /// The committer is removed.
  case committerRemoved
  /// Several proposals change one leaf.
  case leafChangedTwice
  /// Two Adds are of one client.
  case clientAddedTwice
  /// An Add is of a member who is not removed.
  case clientAlreadyMember
  /// A pre-shared key is there twice.
  case preSharedKeyRepeated
  /// There are two GroupContextExtensions.
  case groupContextExtensionsRepeated
  /// A ReInit is not alone.
  case reInitNotAlone
  /// An ExternalInit is in a member's commit.
  case externalInitByMember
  /// A member does not support a proposal's type.
  case proposalTypeUnsupported
  /// A SelfRemove is in a commit by value. draft-ietf-mls-extensions.
  case selfRemoveByValue
  /// An external commit has not exactly one ExternalInit.
  case externalInitCountNotOne
  /// An external commit removes more than one member.
  case externalCommitRemovesSeveral
  /// An external commit has a proposal that it may not have.
  case externalCommitProposalForbidden

  // draft-ietf-mls-extensions: components.
  /// An `app_data_dictionary` is not sorted, has two entries for one component, or is not one; or a list of components in
  /// it is not one.
  case appDataDictionaryInvalid
  /// A leaf does not have a component that the group requires.
  case requiredComponentUnsupported
  /// An AppDataUpdate or an AppEphemeral is of a component that the application does not have, or, in an own commit, that
  /// a member does not list.
  case componentUnknown
  /// A component refuses an update, a removal, a replacement, or data that comes with a commit.
  case componentDataRefused
  /// An AppDataUpdate removes data that is not there.
  case componentDataMissing
  /// A component's data is removed twice, or removed and updated.
  case componentChangesConflict
  /// A GroupContextExtensions changes the dictionary, where AppDataUpdate is required.
  case appDataDictionaryReplaced

  // Section 12.4: commits.
  /// A commit refers to a proposal that did not arrive.
  case proposalUnknown
  /// A commit refers to one proposal twice: its author made it once.
  case proposalReferencedTwice
  /// A commit has no path, and needs one.
  case pathMissing
  /// A key of a path is in the tree already.
  case pathKeyInTree
  /// The confirmation tag is not valid.
  case confirmationTagInvalid
  /// An external commit refers to a proposal. Section 12.4.3.2.
  case externalCommitByReference

  // Section 12.4.3.1: joining by Welcome.
  /// No entry of a Welcome is for a key package of this client.
  case welcomeNotForUs
  /// A Welcome, its GroupInfo and the key package are not of one cipher suite.
  case welcomeSuiteMismatch
  /// A reinit or branch key is not the only one of its kind.
  case welcomeResumptionNotAlone
  /// The signer of a GroupInfo is no member.
  case groupInfoSignerBlank
  /// The signature of a GroupInfo is not valid.
  case groupInfoSignatureInvalid
  /// There is a group of this identifier already.
  case groupIDInUse
  /// There is no ratchet tree, in the GroupInfo or beside it.
  case treeMissing
  /// The tree's hash is not the one that the group agreed on.
  case treeHashMismatch
  /// An entry of `unmerged_leaves` is no member below the node.
  case unmergedLeafNotDescendant
  /// A node between an unmerged leaf and a node that lists it does not list it.
  case unmergedLeafMissingBetween
  /// No leaf of the tree is the one of the key package.
  case ownLeafMissing

  // Section 12.4.3.2: external commits.
  /// The GroupInfo has no `external_pub`.
  case externalPubMissing

  // Section 12.4.3.3: the ratchet tree extension.
  /// The last node of a received tree is blank, or there is none.
  case treeEndsBlank
  /// A leaf stands at an odd place of a received tree, or a parent at an even one.
  case nodeOfWrongType
}
