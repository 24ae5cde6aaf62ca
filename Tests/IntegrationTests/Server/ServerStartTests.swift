/// A start that must fail: one line that says what and what to do, its exit status, and nothing changed.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite struct `A server that cannot start` {
    @Test func `says which option is wrong`() throws {
        try withFolder { folder in
            let spool = folder + "/s"
            expect(try attempt(["0"]), 64, says: ["<spool>"])
            expect(try attempt(["99999", spool]), 64, says: ["<port>", "99999"])
            expect(try attempt(["0", spool, "--max-sesions", "3"]), 64, says: ["--max-sesions", "--max-sessions"])
            expect(try attempt(["0", spool, "--ban", "60"]), 64, says: ["--ban", "60"])
            expect(try attempt(["0", spool, "--listen", "localhost"]), 64, says: ["--listen", "localhost"])
            let script = #"exec "$0" 0 "$(printf '\#(spool)\377')""#
            expect(
                try attempt(["-c", script, try programFolder() + "/twmailer-server"], program: "/bin/sh"), 64,
                says: ["argument 2", "UTF-8"])
            #expect(try Posix.Directory.open(path: folder).names() == [])
            #expect(fingerprint(spool) == nil)
        }
    }

    @Test func `does not take a port that is taken`() throws {
        try withFolder { folder in
            let other = try Sockets.listen(TCPAddress("127.0.0.1", port: 0)!)
            let port = try Sockets.localAddress(other.number).port
            let refused = try attempt(["\(port)", folder + "/s", "--listen", "127.0.0.1"])
            expect(refused, 69, says: ["127.0.0.1:\(port)", "another port"])
            #expect(fingerprint(folder + "/s") == nil)
        }
    }

    @Test func `does not take a spool that is none`() throws {
        try withFolder { folder in
            try replaceFile(at: folder + "/file", with: Array("x".utf8).span)
            expect(try attempt(["0", folder + "/file"]), 73, says: [folder + "/file", "not a directory"])
            expect(try attempt(["0", folder + "/no/such"]), 73, says: [folder + "/no/such"])
        }
    }

    @Test(arguments: [
        ("mkdir", ".lock"), ("mkfifo", ".tmp"), ("mkdir", ".gatekeeper"), ("mkfifo", ".gate/bans"),
        ("mkdir", ".gate/bans/192.0.2.1"), ("mkfifo", ".gate/bans/192.0.2.1"), ("mkdir", ".gate/charges"),
    ])
    func `names what lies in its way`(make: String, place: String) throws {
        try withFolder { folder in
            let laid = folder + "/s/" + place
            let script = "umask 077; mkdir -p $(dirname \(laid)) && \(make) \(laid)"
            #expect(try Spawn("/bin/sh", ["-c", script]).output().ending == .exited(0))
            let server = [try programFolder() + "/twmailer-server", "0", folder + "/s", "--ldap-starttls", "never"]
            expect(try attempt(["60"] + server, program: "/usr/bin/timeout"), 73, says: [laid])
            #expect(fingerprint(laid) != nil, "it is not the server's to remove")
        }
    }

    @Test func `does not share a spool or a port with another server`() throws {
        try withServer { world in
            expect(try attempt(["0", world.stage.spool]), 75, says: [world.stage.spool, "in use"])
            try withFolder { folder in
                expect(try attempt(["\(world.server.port)", folder + "/s"]), 69, says: [":\(world.server.port)"])
            }
            try world.talk().login("alice")
        }
    }

    /// From one more than its spool takes to one less than its gatekeeper does.
    @Test func `leaves no spool behind when it lacks descriptors`() throws {
        try withFolder { folder in
            for number in 8...16 {
                let start = #"ulimit -n \#(number); exec "$0" 0 \#(folder)/s --ldap-starttls never"#
                let refused = try attempt(["-c", start, try programFolder() + "/twmailer-server"], program: "/bin/sh")
                #expect(refused.status != .exited(0) && !refused.message.isEmpty, "\(number)")
                #expect(fingerprint(folder + "/s") == nil, "\(number): \(refused.message)")
            }
        }
    }

    @Test func `names the CA file it cannot use, and leaves no spool behind`() throws {
        try withFolder { folder in
            let refused = try attempt(["0", folder + "/s", "--ldap-ca-file", folder + "/none.pem"])
            expect(refused, 78, says: ["--ldap-ca-file", folder + "/none.pem"])
            #expect(fingerprint(folder + "/s") == nil)
        }
    }

    @Test func `names the port file it cannot write, and leaves no spool behind`() throws {
        try withFolder { folder in
            let pipe = folder + "/pipe"
            #expect(try Spawn("mkfifo", [pipe]).output().ending == .exited(0))
            for place in [folder, folder + "/none/port", pipe] {
                let refused = try attempt(["0", folder + "/s", "--port-file", place])
                expect(refused, 73, says: ["--port-file", place])
                #expect(fingerprint(folder + "/s") == nil, "\(place)")
            }
        }
    }

    /// Laid out where the file is written before it gets its name.
    @Test func `does not write its port file through a link`() throws {
        try withFolder { folder in
            try replaceFile(at: folder + "/other", with: Array("mine".utf8).span)
            let plant = #"[ "$before" = --port-file ] && ln -s \#(folder)/other "$option.$$""#
            try withServer(launcher: "for option; do \(plant); before=$option; done; exec") { world in
                let (port, other) = try (readFile(world.stage.portFile), readFile(folder + "/other"))
                #expect(port == Array("\(world.server.port)\n".utf8) && other == Array("mine".utf8))
            }
        }
    }

    @Test func `names the gatekeeper that is not there`() throws {
        try withFolder { folder in
            let copy = folder + "/twmailer-server"
            #expect(try Spawn("/bin/cp", [programFolder() + "/twmailer-server", copy]).output().ending == .exited(0))
            expect(
                try attempt(["0", folder + "/s"], program: copy), 78,
                says: [folder + "/twmailer-gatekeeper", "missing"])
            #expect(fingerprint(folder + "/s") == nil)
        }
    }

    @Test(arguments: ["000", "777"])
    func `keeps mail and state private whatever the umask says`(umask: String) throws {
        try withServer(launcher: "umask \(umask); exec") { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nbob\ns\n.\nLOGIN\nx\ny\n")
            #expect(try talk.hears("OK\nERR\n"))
            let wrong = ["-type", "d", "-not", "-perm", "700", "-o", "-not", "-type", "d", "-not", "-perm", "600"]
            let listing = try Spawn("/usr/bin/find", [world.stage.spool] + wrong).output()
            #expect(
                listing.ending == .exited(0) && listing.text.isEmpty, "\(String(decoding: listing.text, as: UTF8.self))"
            )
        }
    }

    @Test func `says with --check what is damaged and what a start would do, and changes nothing`() throws {
        try withServer { world in
            let talk = try world.talk()
            try talk.login("alice")
            try talk.say("SEND\nbob\nwhole\n.\nSEND\nbob\ncut\n.\nSEND\nbob\nhalf\nno end")
            #expect(try talk.hears("OK\nOK\n"))
            try world.eventually("the draft is there") { try !world.names(".tmp").isEmpty }
            // By a starter that does not care for its children's ends.
            let careless = ["--ignore-signal=CHLD", try programFolder() + "/twmailer-server"]
            func check() throws -> (Ending, [String]) {
                let options = ["--ldap-url", world.directory.url, "--ldap-ca-file", world.directory.caFile]
                let clock = ["--clock-page", world.stage.clock.path]
                let look = ["0", world.stage.spool, "--check"]
                let output = try Spawn("/usr/bin/env", careless + look + options + clock).output()
                return (
                    output.ending, String(decoding: output.text, as: UTF8.self).split(separator: "\n").map(String.init)
                )
            }
            let (inUse, said) = try check()
            #expect(inUse == .exited(75) && said.contains { $0.hasPrefix("FAIL  spool:") && $0.contains("in use") })
            world.server.kill()
            let (sound, report) = try check()
            #expect(sound == .exited(0), "\(report)")
            #expect(
                report.contains("ok    spool: \(world.stage.spool) is not in use; 1 mailboxes, 2 messages"), "\(report)"
            )
            #expect(
                report.contains { $0.hasPrefix("note  spool: .tmp/") && $0.hasSuffix("a start removes it") },
                "\(report)")
            let message = try #require(try world.names("bob/new").max())
            try replaceFile(at: world.stage.spool + "/bob/new/" + message, with: Array("al".utf8).span)
            let (damaged, findings) = try check()
            #expect(damaged == .exited(65), "\(findings)")
            #expect(findings.contains { $0.hasPrefix("FAIL  spool: bob/new/\(message): 2 bytes") }, "\(findings)")
            #expect(try world.names(".tmp").count == 1, "nothing is changed")
            try world.start()
            #expect(try world.names(".tmp").isEmpty)
        }
    }
}
