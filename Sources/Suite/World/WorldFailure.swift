/// Why the test world could not do what was asked.

import Posix

package enum WorldFailure: Error, CustomStringConvertible {
    /// The machine lacks something; the text says what to install.
    case missing(String)
    /// The server under test did not build or start; the text says how far it came, with the last lines of its output.
    case serverDidNotStart(String)
    /// The server runs and listens nowhere; other arguments would not help.
    case serverIsSilent(String)
    /// The world itself failed, for example to make a folder or a process.
    case broken(String)
    /// The user interrupted the run.
    case interrupted

    package var description: String {
        switch self {
        case .missing(let text), .serverDidNotStart(let text), .serverIsSilent(let text), .broken(let text): text
        case .interrupted: "interrupted"
        }
    }
}
