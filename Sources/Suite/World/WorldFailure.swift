/// Why the test world could not do what was asked.

import Posix

package enum WorldFailure: Error, CustomStringConvertible {
    /// The machine lacks something; the text says what to install.
    case missing(String)
    /// The server under test did not build or start; the text says how far it came, with its last words.
    case serverDidNotStart(String)
    /// It runs, and listens nowhere: other arguments would not help.
    case serverIsSilent(String)
    /// The world itself failed: no folder, no process, ….
    case broken(String)
    /// The user had enough.
    case interrupted

    package var description: String {
        switch self {
        case .missing(let text), .serverDidNotStart(let text), .serverIsSilent(let text), .broken(let text): text
        case .interrupted: "interrupted"
        }
    }
}
