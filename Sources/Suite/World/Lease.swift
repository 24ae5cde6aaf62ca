/// What one worker keeps from transcript to transcript: its directories, the fixture's passwords, and the guard.

import Posix
import SystemPackage

/// Belongs to one thread at a time.
package final class Lease {
    package let passwords: Passwords
    package let world: WorldGuard
    private let fixture: Fixture
    private var usual: LDAPDirectory?
    private var careless: LDAPDirectory?

    package init(fixture: Fixture, world: WorldGuard) throws(WorldFailure) {
        var passwords = Passwords()
        for path in fixture.ldif {
            do { passwords.add(ldif: try readFile(path)) } catch { throw .broken("cannot read \(path): \(error)") }
        }
        (self.fixture, self.world, self.passwords) = (fixture, world, passwords)
    }

    /// Started at the first use.
    package func directory(allowingAnonymousBind: Bool) throws(WorldFailure) -> LDAPDirectory {
        if let known = allowingAnonymousBind ? careless : usual { return known }
        let new = try LDAPDirectory.start(
            script: fixture.script, ldif: fixture.ldif, allowingAnonymousBind: allowingAnonymousBind, world: world)
        if allowingAnonymousBind { careless = new } else { usual = new }
        return new
    }

    package func end() {
        usual?.end()
        careless?.end()
    }
}

/// Where the directory's script and its entries are.
package struct Fixture: Sendable {
    package var script: String
    package var ldif: [String]

    /// - Parameter checkout: the project's folder.
    package init(checkout: String) {
        script = checkout + "/scripts/start-slapd.sh"
        ldif = ["users", "reference-only"].map { "\(checkout)/Fixtures/ldif/\($0).ldif" }
    }
}
