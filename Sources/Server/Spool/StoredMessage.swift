/// A message opened for reading.

package import Posix
import SystemPackage

/// It stays readable when it is deleted meanwhile (CONC-3).
package struct StoredMessage: ~Copyable {
    /// At the beginning of the file, which is all that READ sends after its OK.
    package let descriptor: OwnedDescriptor
    /// Bytes of the file, as its name and its inode both say.
    package let size: Int

    /// The line of the final dot; before it stands at least the subject's line (READ-5).
    static func hasEnd(_ file: Int32, size: Int) throws(Errno) -> Bool {
        let end = Array("\n.\n".utf8)
        if size < end.count { return false }
        return try readWhole(file, count: end.count, fromOffset: size - end.count) == end
    }
}
