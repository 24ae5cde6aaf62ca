/// Which server is under test, and how it is started.

import Posix

package enum ServerProgram: Sendable, Equatable {
    /// The project's own server: the path of its executable.
    case reference(String)
    case foreign(ForeignServer)
    /// It runs already; the suite neither stops it nor looks into it.
    case attached(Attachment)

    package static func foreign(command: String) -> ServerProgram { .foreign(ForeignServer(command: command)) }

    package var isReference: Bool { if case .reference = self { true } else { false } }

    package var attachment: Attachment? { if case .attached(let attachment) = self { attachment } else { nil } }

    /// The built folder of a server that is given as one.
    package var folder: String? { if case .foreign(let server) = self { server.folder } else { nil } }

    package var name: String {
        switch self {
        case .reference: "the reference server"
        case .foreign(let server): server.name ?? server.command
        case .attached(let attachment): "the server at \(attachment.address)"
        }
    }
}

/// Somebody else's server.
package struct ForeignServer: Sendable, Equatable {
    /// For `sh -c`; `{port}`, `{spool}`, `{ldap-url}` and `{ldap-ca}` are filled in.
    package var command: String
    /// What reports call it; nil: as its command.
    package var name: String?
    /// The built folder. Each start on a new stage gets a fresh copy, because servers keep state in it.
    package var folder: String?
    /// Where in that folder the command is started; empty: at its top.
    package var workingFolder = ""
    /// Nobody has reviewed it: it sees the machine read-only and no home folders, and can write in its stage only.
    package var isSandboxed = false

    package init(command: String) { self.command = command }
}

extension String {
    /// The text quoted as one word of a shell command.
    package var shellQuoted: String {
        let plain = !isEmpty && utf8.allSatisfy { "-_./=:,+@%{}".utf8.contains($0) || isalnum($0) }
        return plain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}

private func isalnum(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte | 32) }
