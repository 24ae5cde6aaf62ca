/// Where the directory is and how it is asked.

import CLDAP

package struct DirectorySettings: Sendable {
    package enum Encryption: Sendable, Equatable {
        /// StartTLS before anything else (for ldaps:// TLS from the first byte), the certificate checked against
        /// this file of CA certificates (PEM) and against the host's name in the URL.
        case required(authorities: String)
        /// Passwords travel as they are: for a directory on the same machine.
        case never
    }

    /// "ldap://host:389", "ldaps://…" or "ldapi://…", without a name or a filter.
    package let url: String
    package let userName: DistinguishedNameTemplate
    package let encryption: Encryption
    /// For each step: connecting, and waiting for an answer. libldap keeps to it only roughly (the look-up of a
    /// name and the TLS handshake know no limit), so whoever must answer in time watches from another process.
    package let timeout: Duration

    package init(url: String, userName: DistinguishedNameTemplate, encryption: Encryption, timeout: Duration) {
        self.url = url
        self.userName = userName
        self.encryption = encryption
        self.timeout = timeout
    }
}

/// Why the directory gave no verdict.
package struct DirectoryFailure: Error, Equatable, CustomStringConvertible {
    package enum Stage: String, Sendable { case settings, connect, starttls, bind }

    package let stage: Stage
    /// libldap's own code when negative (ldap.h), otherwise the directory's (RFC 4511 §4.1.9).
    package let code: Int32
    package let text: String

    /// The connection ended before the directory said anything about the question.
    package var hasNoAnswer: Bool { code < 0 || code == LDAP_UNAVAILABLE }

    package var description: String { "\(stage.rawValue): \(text) (\(code))" }
}
