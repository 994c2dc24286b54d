#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why the system refused something, in words.
package struct SystemReason: CustomStringConvertible, Sendable {
  package let description: String

  package init(_ code: Int32) {
    description =
      switch code {
      case EACCES, EPERM: "you do not have the permission"
      case EROFS: "the disk is read-only"
      case ENOSPC, EDQUOT: "the disk is full"
      case EFBIG: "the file would be larger than is allowed here"
      case ENOENT: "it is not there"
      case ENOTDIR: "a file stands where a folder should"
      case EISDIR: "it is a folder"
      case ENAMETOOLONG: "its name is too long"
      case ELOOP: "it is a link"
      case EMFILE, ENFILE: "too many files are open"
      case EIO: "the disk reports an error"
      case EPIPE: "nobody reads it any more"
      default: "the system refuses it (error \(code))"
      }
  }
}
