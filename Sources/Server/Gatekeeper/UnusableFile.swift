/// What in the gatekeeper's folder keeps it from starting: somebody has put it there, or the disk fails.

import SystemPackage

struct UnusableFile: Error {
    /// From the folder, such as "bans/192.0.2.1".
    let name: String
    let reason: String

    static func naming<Result: ~Copyable>(
        _ name: String, _ step: () throws(Errno) -> Result
    ) throws(UnusableFile) -> Result {
        do { return try step() } catch { throw UnusableFile(name: name, reason: "\(error)") }
    }
}
