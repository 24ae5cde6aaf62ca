/// Servers that are not started as usual: attached, in real time, sandboxed, repeated, served by hand.

import Posix
import Reports
import Results
import Testing
import Transcript
import World

struct OtherServerTests {
    @Test func `an attached server is judged by what can be seen, and the rest is not tested with its reason`() throws {
        try withServer { world in
            let folder = try makeTemporaryFolder("/tmp/at")
            defer { try? removeTree(folder) }
            // if23b002 plays bob.
            try writeFile("\(folder)/users", Array("alice alice-secret\nif23b002 pw-if23b002\n".utf8))
            let talk = try world.talk()
            try talk.say("LOGIN\nif23b002\npw-if23b002\nSEND\nif23b002\nleft behind\n.\n")
            #expect(try talk.hears("OK\nOK\n"))
            let transcripts = [
                "send/sender", "ban/three-wrong", "ban/restart", "login/long-password", "lifetime/short-sessions",
            ]
            let arguments = [
                "--attach", "localhost:\(world.server.port)", "--users", "\(folder)/users", "--json", "\(folder)/json",
            ]
            let result = try ConformanceRunner.run(arguments + transcripts.map { $0 + ".transcript" })
            #expect(result.ending == .exited(0), "\(result.text)")
            let run = try JSONReport.read(readFile("\(folder)/json"))
            let reasons = Dictionary(
                uniqueKeysWithValues: run.results.map {
                    ($0.path, $0.verdict(foreign: true) == .pass ? "PASS" : $0.reason ?? "?")
                })
            #expect(
                reasons == [
                    "send/sender.transcript": "PASS", "ban/three-wrong.transcript": "PASS",
                    "ban/restart.transcript": "not observable of an attached server: restart",
                    "login/long-password.transcript": "--users names nobody to play longpw, maxpw",
                    "lifetime/short-sessions.transcript": "not observable of an attached server: process",
                ], "\(result.text)")
            // It is not ours to end, and its directory was not asked to be another.
            #expect(world.server.ended() == nil)
        }
    }

    @Test func `nobody who listens is told at once`() throws {
        let folder = try makeTemporaryFolder("/tmp/at")
        defer { try? removeTree(folder) }
        try writeFile("\(folder)/users", Array("alice a\nbob b\n".utf8))
        let result = try ConformanceRunner.run(["--attach", "127.0.0.1:1", "--users", "\(folder)/users"])
        #expect(result.ending == .exited(5) && result.text.contains("nobody listens at 127.0.0.1:1"), "\(result.text)")
    }

    /// In real time a second is a second, and what cannot be waited for is not tested.
    @Test(arguments: [
        ("page", 1, "expected  time > 999ms"), ("real", 0, "1 passed"),
        ("real", 0, "NOT TESTED  it would take 1h of real time"),
    ])
    func `in the real-time lane time is spent, not moved`(_ clock: String, _ status: Int32, _ said: String) throws {
        let folder = try makeTemporaryFolder("/tmp/rt")
        defer { try? removeTree(folder) }
        let duration = said.contains("1h") ? "1h" : "1s"
        let text =
            "format:  1\ntitle:   T\nneeds:   clock\n\n[LIST-1 MUST] x\nadvance \(duration)\nmeasure time > 999ms\n"
        try writeFile("\(folder)/t.transcript", Array(text.utf8))
        let result = try ConformanceRunner.run(["--clock", clock, "--segment", "flight", "\(folder)/t.transcript"])
        #expect(result.ending == .exited(status) && result.text.contains(said), "\(result.text)")
    }

    @Test(.enabled(if: Sandbox.obstacle == nil))
    func `a sandboxed server writes nothing outside its stage, and sees no home`() throws {
        let folder = try PeerWorld().folder + "/folder"
        let temporary = try makeTemporaryFolder("/tmp/sb")
        defer { try? removeTree(temporary) }
        // Whatever is not as it should be keeps the server from starting.
        let looks = "touch \(temporary)/x /var/tmp/sb-x && exit 9; [ -z \"$(ls -A /root)$(ls -A /home)\" ] || exit 8"
        let probe = "\(looks); exec bin/tw-server -p {port} -d {spool}"
        let play = ["quit/silent.transcript", "--build", "mkdir dep obj bin && make", "--server", probe]
        let result = try ConformanceRunner.run([folder] + play + ["--sandbox", "bwrap"])
        #expect(result.ending == .exited(0) && result.text.contains("1 played: 1 passed"), "\(result.text)")
        #expect(fingerprint("\(temporary)/x") == nil && fingerprint("/var/tmp/sb-x") == nil)
    }

    @Test func `what fails and passes by turns is FLAKY, and the seed gives the same order`() throws {
        let folder = try makeTemporaryFolder("/tmp/fl")
        defer { try? removeTree(folder) }
        // Every other start knows no wrong password; the first is the foundation's.
        let peer = try PeerWorld().folder + "/folder"
        let server =
            "n=$(cat \(folder)/n 2>/dev/null || echo 0); echo $((n + 1)) >\(folder)/n; [ $((n % 2)) = 0 ] || export ODD=1; exec bin/tw-server -p {port} -d {spool}"
        let build = "mkdir dep obj bin && make"
        let arguments = [
            peer, "quit/silent.transcript", "login/wrong-password.transcript", "--build", build, "--server", server,
            "--dialect", "strict",
        ]
        let options = ["--repeat", "4", "--shuffle", "--seed", "7", "--json", "\(folder)/json"]
        var orders: [[String]] = []
        for _ in 1...2 {
            try? removeTree("\(folder)/n")
            let result = try ConformanceRunner.run(arguments + options)
            let text = String(decoding: try readFile("\(folder)/json"), as: UTF8.self)
            #expect(result.text.contains("FLAKY  login/wrong-password.transcript"), "\(result.text)")
            #expect(text.contains(#""verdict":"FLAKY""#) && text.contains(#""seed":"7""#), "\(text)")
            orders.append(
                try JSONReport.read(Array(text.utf8)).results.map { "\($0.path) \($0.round ?? 0)" })
        }
        #expect(orders[0] == orders[1] && Set(orders[0]).count == 8)
        #expect(orders[0] != orders[0].sorted())
    }

    @Test func `a served folder is up until ^C, with its users named and its output shown`() throws {
        let folder = try PeerWorld().folder + "/folder"
        let runner = try ConformanceRunner(["serve", folder])
        try runner.waitUntil("it is up", .seconds(60)) { runner.text.contains("^C ends it.") }
        let words = runner.text.split(whereSeparator: { $0 == " " || $0 == ";" || $0 == "\n" }).map(String.init)
        let port = try #require(words.firstIndex(of: "port").flatMap { UInt16(words[$0 + 1]) })
        try Talk(port: port, source: "127.0.0.1").login("alice")
        #expect(runner.text.contains("alice / alice-secret"))
        try runner.process.send(signal: Signals.interrupt)
        #expect(try runner.finished().ending == .exited(0))
    }

    @Test func `the doctor names what is missing, and how patient one has to be`() throws {
        let result = try ConformanceRunner.run(["doctor"])
        #expect(result.ending == .exited(0), "\(result.text)")
        #expect(
            result.text.contains("ok       slapd: ") && result.text.contains("20 of 20 clients answered"),
            "\(result.text)")
    }
}
