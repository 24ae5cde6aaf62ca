/// A connection to the directory that is ready for binds: born dialled and encrypted, or not at all.

import CLDAP
import Glibc

/// Has one owner. A bind consumes it and hands it back only when the directory gave a verdict, so nobody can ask
/// again on a handle in an unknown state: after a failed StartTLS the next bind would send a password in clear.
@safe package struct DirectoryConnection: ~Copyable {
    private let handle: OpaquePointer
    private let mustBeEncrypted: Bool

    package enum Outcome: ~Copyable {
        /// The directory's yes or no, and the connection for the next question.
        case verdict(Bool, DirectoryConnection)
        /// A no that says more than "invalid credentials" (see `isRefusal`); the connection is gone.
        case refusal(DirectoryFailure)
        /// No verdict; the connection is gone.
        case broken(DirectoryFailure)
    }

    /// Checks everything about the settings that needs no network: the URL, and the CA file.
    package static func check(_ settings: DirectorySettings) throws(DirectoryFailure) {
        try DirectoryConnection(undialled: settings).configure(settings)
    }

    /// Dials and encrypts.
    package static func open(_ settings: DirectorySettings) throws(DirectoryFailure) -> DirectoryConnection {
        let connection = try DirectoryConnection(undialled: settings)
        try connection.configure(settings)
        try connection.require(unsafe ldap_connect(connection.handle), .connect)
        if connection.mustBeEncrypted, unsafe ldap_tls_inplace(connection.handle) == 0 {
            try connection.require(unsafe ldap_start_tls_s(connection.handle, nil, nil), .starttls)
        }
        return connection
    }

    private init(undialled settings: DirectorySettings) throws(DirectoryFailure) {
        // Neither ldap.conf nor LDAPTLS_REQCERT may weaken what is set below; read once, at libldap's first use.
        unsafe setenv("LDAPNOINIT", "1", 1)
        var handle: OpaquePointer?
        let code = unsafe ldap_initialize(&handle, settings.url)
        guard code == LDAP_SUCCESS, let handle = unsafe handle else {
            throw DirectoryFailure(stage: .settings, code: code, text: "the URL \(settings.url) is not usable")
        }
        unsafe self.handle = unsafe handle
        mustBeEncrypted = settings.encryption != .never
    }

    deinit { unsafe ldap_unbind_ext_s(handle, nil, nil) }

    /// A simple bind (RFC 4513 §5.1.3) as `name` with a password of at least one byte.
    package consuming func bind(_ name: [UInt8], password: [UInt8]) -> Outcome {
        precondition(!password.isEmpty, "an empty password would be an unauthenticated bind")  // LOGIN-11
        if mustBeEncrypted, unsafe ldap_tls_inplace(handle) == 0 {  // LOGIN-13
            let text = "the connection is not encrypted"
            return .broken(DirectoryFailure(stage: .bind, code: LDAP_CONFIDENTIALITY_REQUIRED, text: text))
        }
        let text = name.map(CChar.init(bitPattern:)) + [0]
        let code = unsafe password.withUnsafeBytes { bytes in
            // libldap only reads the password, though its type does not say so.
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
                .assumingMemoryBound(to: CChar.self)
            var credentials = unsafe berval(bv_len: ber_len_t(bytes.count), bv_val: start)
            return unsafe ldap_sasl_bind_s(handle, text, nil, &credentials, nil, nil, nil)
        }
        switch code {
        case LDAP_SUCCESS: return .verdict(true, self)
        case LDAP_INVALID_CREDENTIALS: return .verdict(false, self)
        case _ where isRefusal(code): return .refusal(failure(code, .bind))
        default: return .broken(failure(code, .bind))
        }
    }

    // MARK: Setting up

    private func configure(_ settings: DirectorySettings) throws(DirectoryFailure) {
        let (seconds, attoseconds) = settings.timeout.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        try set(LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3)
        unsafe try require(ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &limit), .settings)
        unsafe try require(ldap_set_option(handle, LDAP_OPT_TIMEOUT, &limit), .settings)
        // A referral would lead the password to a server that nobody named.
        unsafe try require(ldap_set_option(handle, LDAP_OPT_REFERRALS, nil), .settings)
        guard case .required(let authorities) = settings.encryption else { return }
        unsafe try require(ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, authorities), .settings)
        try set(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND)
        // Only a new context takes over what was set on the handle; it also reads the file.
        let code = setting(LDAP_OPT_X_TLS_NEWCTX, 0)
        if code != LDAP_SUCCESS {
            throw DirectoryFailure(
                stage: .settings, code: code, text: "no CA certificates can be read from \(authorities)")
        }
    }

    private func set(_ option: Int32, _ value: Int32) throws(DirectoryFailure) {
        try require(setting(option, value), .settings)
    }

    private func setting(_ option: Int32, _ value: Int32) -> Int32 {
        var value = value
        return unsafe ldap_set_option(handle, option, &value)
    }

    private func require(_ code: Int32, _ stage: DirectoryFailure.Stage) throws(DirectoryFailure) {
        if code != LDAP_SUCCESS { throw failure(code, stage) }
    }

    /// The code in words, with what the directory or the TLS library adds.
    private func failure(_ code: Int32, _ stage: DirectoryFailure.Stage) -> DirectoryFailure {
        var text = unsafe String(cString: ldap_err2string(code))
        var detail: UnsafeMutablePointer<CChar>?
        unsafe ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail)
        if let detail = unsafe detail {
            let words = unsafe String(cString: detail)
            if !words.isEmpty { text += ": " + words }
            unsafe ldap_memfree(detail)
        }
        if stage == .starttls, code == LDAP_CONNECT_ERROR {
            // libldap says no more of a certificate it does not trust than "unknown error code".
            text += "; is the certificate signed by the CA file's, in date, and made out to the URL's host?"
        }
        return DirectoryFailure(stage: stage, code: code, text: text)
    }
}

/// Whether a result code is about this user and this password, and so a failed attempt; every other one but
/// success is about the directory or the way it was asked, and no verdict. See docs/decisions/0003-gatekeeper.md.
func isRefusal(_ code: Int32) -> Bool {
    switch code {
    case LDAP_INVALID_CREDENTIALS, LDAP_NO_SUCH_OBJECT, LDAP_INVALID_DN_SYNTAX, LDAP_INAPPROPRIATE_AUTH,
        LDAP_CONSTRAINT_VIOLATION, LDAP_INSUFFICIENT_ACCESS:
        true
    default: false
    }
}
