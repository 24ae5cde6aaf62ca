/// The typical hand-in, Peers/handin: it is told what is wrong with it, where that stands in its source, and nothing else.

import Testing

@Suite(.serialized) struct HandInTests {
    /// What each is by its source; checked by hand against the sheet's words.
    private static let faults = [
        "FRAME-1",  // clientThread: one recv() is one command
        "BAN-4",  // Client: the counter and the ban are the connection's
        "SEND-4",  // handleSend: snprintf into 1,024 bytes
        "LIST-1",  // handleList: directory_iterator throws where there is no mailbox
        "READ-2",  // mailPath: std::stoi throws
        "DEL-4",  // handleSend: the number is the count of mails plus one
    ]
    /// They follow from those: the bans are nobody else's, DEL calls mailPath too, and every exception ends the server.
    private static let consequences = ["BAN-1", "BAN-2", "BAN-3", "BAN-5", "BAN-6", "DEL-2", "PROC-2"]

    private func folder() throws -> String { try PeerWorld().folder + "/handin" }

    @Test func `its faults are told, and nothing that works`() throws {
        let server = try JudgedServer([folder()])
        let wrong = Set(HandInTests.faults)
        #expect(server.failedMusts.isSuperset(of: wrong), "missed: \(wrong.subtracting(server.failedMusts))")
        let unfair = server.failedMusts.subtracting(wrong).subtracting(HandInTests.consequences)
        #expect(unfair == [], "\(server.text)")
        // With no ban of an address there is none that lasts, ends or is kept; that of a connection is BAN-1's.
        let vacuous = server.passed.intersection(["BAN-2", "BAN-3", "BAN-5", "BAN-6"])
        #expect(vacuous == [], "\(server.text)")
        #expect(server.blocked == [])
    }

    @Test func `its two crashes are told by their places in its source, at most three times`() throws {
        let text = try JudgedServer([folder(), "--level", "must"]).text
        let places = Set(text.matches(of: #/server\.cpp:[0-9]+ in [A-Za-z]+/#).map { String($0.output) })
        #expect((2...3).contains(places.count), "\(text)")
        for function in ["handleList", "mailPath"] {
            #expect(places.contains { $0.hasSuffix(" in \(function)") }, "\(places)")
        }
    }

    @Test func `the probe says what its LIST did`() throws {
        let result = try ConformanceRunner.run(["probe", folder()])
        #expect(result.text.contains("server.cpp:") && result.text.contains("in handleList"), "\(result.text)")
    }
}
