/// A message opened for reading.

package import Posix

/// It stays readable when it is deleted meanwhile (CONC-3).
package struct StoredMessage: ~Copyable {
    /// At the beginning of the file, which is all that READ sends after its OK.
    package let descriptor: OwnedDescriptor
    /// Bytes of the file, as its name and its inode both say.
    package let size: Int
}
