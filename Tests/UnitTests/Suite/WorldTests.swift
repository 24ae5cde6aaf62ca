/// What the test world reads: LDIF, slapd's log, /proc.

import Posix
import Testing
import Transcript
import World

@testable import World

struct WorldTests {
    @Test func `passwords are read from LDIF, plain, folded and in base64`() {
        let ldif = """
            version: 1
            # comment
            dn: uid=alice,ou=people
            uid: alice
            userPassword: alice-
             secret

            dn: uid=utf8pw,ou=people
            uid: utf8pw
            userPassword:: cMOkc3M=

            dn: uid=nopw,ou=people
            uid: nopw
            """
        let passwords = Passwords(ldif: Array(ldif.utf8))
        #expect(passwords["alice"] == Array("alice-secret".utf8))
        #expect(passwords["utf8pw"] == Array("päss".utf8))
        #expect(passwords["nopw"] == nil && passwords["bob"] == nil)
    }

    @Test(arguments: [("", ""), ("QQ==", "A"), ("QUI=", "AB"), ("QUJD", "ABC")])
    func `base64 is decoded as RFC 4648 says`(_ text: String, _ decoded: String) {
        #expect(Passwords.decodedBase64(Array(text.utf8)[...]) == Array(decoded.utf8))
    }

    @Test func `a bind with a name is counted once`() {
        func isBind(_ line: String) -> Bool { DirectoryLog.isBind(Array(line.utf8)[...]) }
        #expect(isBind(#"65e3 conn=1001 op=1 BIND dn="uid=alice,ou=people,dc=technikum-wien,dc=at" method=128"#))
        #expect(!isBind(#"65e3 conn=1001 op=1 BIND dn="uid=alice,ou=people" mech=SIMPLE bind_ssf=0 ssf=256"#))
        #expect(!isBind(#"65e3 conn=1001 op=2 BIND dn="" method=128"#))
        #expect(!isBind("65e3 conn=1001 op=1 RESULT tag=97 err=49"))
    }

    @Test func `a process is read from stat, whatever its name`() throws {
        let member = try #require(ProcessTree.parse(Array("42 (a) S (b) Z 7 40 40 0".utf8)))
        #expect(member.pid.number == 42 && member.parent == 7 && member.group == 40)
        #expect(member.state == UInt8(ascii: "Z"))
        #expect(ProcessTree.parse(Array("nonsense".utf8)) == nil)
    }

    @Test func `a thread's state and its context switches are read from status`() throws {
        let masks = String(repeating: "SigIgn:\t0000000000001000\n", count: 60)
        let counts = "voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n"
        for more in ["", "x86_Thread_features:\t\nx86_Thread_features_locked:\t\n"] {
            let name = #"a\012name\040as\040long\040as\040one\040may\040be"#
            let status = "Name:\t\(name)\nUmask:\t0022\nState:\tS (sleeping)\n\(masks)\(counts)\(more)"
            let read = try #require(Quiescence.parse(Array(status.utf8)))
            #expect(read.state == UInt8(ascii: "S"))
            #expect(read.switches == Array("voluntary_ctxt_switches:\t12nonvoluntary_ctxt_switches:\t3".utf8))
        }
    }

    @Test func `holes of a command are filled`() {
        #expect("run {port} {spool} {port}".replacing("{port}", with: "1") == "run 1 {spool} 1")
    }
}
