/// What lets its bearer make an account at a relay that asks for it. SPEC.md section 13.11.
package enum RegistrationToken {
  package static let fieldName = "letterlock-registration-token"
  /// How many bytes a relay's own tokens have.
  package static let byteCount = 32
  /// The most that one has.
  package static let maximumByteCount = 255
}
