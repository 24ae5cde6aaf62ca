/// Texts about crashes, read and written: records, addr2line's answers, a program's last words.

@testable import Engine
import Posix
import Testing
@testable import World

struct CrashTextTests {
    private static let text = """
        crash 12 13 11 8 7ffc00001000
        1f /usr/lib/libc.so.6
        2454 /tmp/tw1/cwd/my server

        noise
        crash 14 14 6 - 7ffc00001000

        crash 15 15 11 7ffc00000ff8 7ffc00001000
        1 /a
        """

    @Test func `complete records are read, noise and a torn one are passed over`() throws {
        let records = CrashRecord.all(in: CrashTextTests.text, isOwn: CrashRecords.isOwn)
        try #require(records.map(\.process) == [12, 14])
        #expect(records[0].frames.map(\.isOwn) == [false, true])
        #expect(records[0].place == "my server+0x2454")
        #expect(records[0].isNullPointer && !records[0].isStackOverflow)
        #expect(records[1].place == nil && records[1].address == nil && !records[1].isNullPointer)
        let whole = CrashRecord.all(in: CrashTextTests.text + "\n\n", isOwn: CrashRecords.isOwn)
        #expect(whole.last?.isStackOverflow == true)
    }

    @Test(arguments: [
        ("clientCommunication(void*)", "clientCommunication"),
        ("Server::handle(std::vector<int, std::allocator<int> > const&) const", "Server::handle"),
        ("int parse<long, char const*>(char const*)", "parse<long, char const*>"),
        ("main::{lambda(int)#1}::operator()(int) const", "main::{lambda(int)#1}::operator()"),
        ("Mail::operator()(int)", "Mail::operator()"), ("handleSend.cold", "handleSend"),
        ("(anonymous namespace)::send(int) [clone .isra.0]", "(anonymous namespace)::send"),
        ("handle(int) (.part.0)", "handle"), ("main", "main"),
    ])
    func `of a function its qualified name is shown`(_ name: String, _ shown: String) {
        #expect(SourceLine.shortened(name) == shown)
    }

    @Test func `addr2line's answers: inlined code, discriminators, nothing known`() {
        let answers = SourceLines.parse(
            """
            0x0000000000002454
            std::stoi(int)
            /usr/include/c++/12/bits/basic_string.h:3972
            handle(int)
            /src/a.cpp:12 (discriminator 3)
            0x0000000000000010
            ??
            ??:0
            0x0000000000000020
            serve
            server.cpp:?
            """)
        #expect(answers[0x2454]?.map(\.function) == ["std::stoi", "handle"])
        #expect(answers[0x2454]?.last == SourceLine(function: "handle", file: "/src/a.cpp", line: 12))
        #expect(answers[0x10] == [SourceLine()])
        #expect(answers[0x20] == [SourceLine(function: "serve", file: "server.cpp")])
    }

    @Test(arguments: [
        (
            ["x", "terminate called after throwing an instance of 'std::invalid_argument'", "  what():  stoi"],
            "nobody caught a std::invalid_argument, what():  stoi"
        ),
        (["terminate called after throwing an instance of 'int'"], "nobody caught a int"),
        (["terminate called without an active exception", "bye"], "terminate called without an active exception"),
        (["server: a.c:3: f: Assertion `n > 0' failed."], "server: a.c:3: f: Assertion `n > 0' failed."),
        (["double free or corruption (out)"], "double free or corruption (out)"),
        (["the client said free(): and nothing else"], nil), ([], nil),
    ])
    func `what a library says before it ends the program is told`(_ log: [String], _ words: String?) {
        #expect(Crash.lastWords(in: log) == words)
    }

    @Test func `children that die alike are told once, and a tool in a pipe is not told`() {
        let record = CrashRecord.all(in: CrashTextTests.text, isOwn: CrashRecords.isOwn)[0]
        let pipe = CrashRecord.all(in: "crash 20 20 13 - 1\n1 /usr/bin/yes\n\n", isOwn: CrashRecords.isOwn)
        #expect(
            Crash.told([record, record] + pipe, log: []) == [
                "process 12 of the server died (SIGSEGV: a null pointer) in my server+0x2454, and 1 more in the same way"
            ])
        let ending = Crash.told(.exited(139), of: ProcessID(7), [record], log: [])
        #expect(ending == "the server ended by itself (exit=139, SIGSEGV: a null pointer) in my server+0x2454")
        #expect(Crash.told(.exited(1), of: ProcessID(7), [record], log: []) == "the server ended by itself (exit=1)")
    }
}
