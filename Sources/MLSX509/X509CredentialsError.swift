#if X509
/// Why trusted roots could not be taken.
public enum X509CredentialsError: Error, Hashable, Sendable {
  /// The certificate at this place of the list is no DER certificate.
  case malformedRoot(Int)
}
#endif
