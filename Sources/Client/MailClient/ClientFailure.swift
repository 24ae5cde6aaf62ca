/// Why a command of the client did not succeed: an exit status and one line of words.

/// sysexits.h where it has a fitting number.
package enum ExitStatus: Int32, Sendable {
    case success = 0
    /// The server answered ERR where the protocol names no reason.
    case refusedByServer = 1
    case usage = 64
    /// Nothing of it was sent.
    case refusedBeforeSending = 65
    case noInput = 66
    case noSuchMessage = 67
    case unreachable = 69
    case cannotWrite = 73
    case brokenProtocol = 76
    case loginRefused = 77
}

package enum ClientFailure: Error, Sendable {
    case failed(ExitStatus, String)
    /// The program ends by this signal once everything is put back.
    case interrupted(signal: Int32)
}
