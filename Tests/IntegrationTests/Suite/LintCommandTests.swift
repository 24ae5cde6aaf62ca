/// `lint` and `fmt` as a user starts them: what they print, what they write, with which status they end.

import Glibc
import Posix
import SystemPackage
import Testing
import World

struct LintCommandTests {
    private static let head = "format:  1\ntitle:   A test\nusers:   alice\n\n"
    private static let good = head + "# why\n\n[LIST-1 MUST] x\ndo login alice\nC: LIST\nS: 0\n"

    private let folder: String

    init() throws { folder = try makeTemporaryFolder("/tmp/lc") }

    private func write(_ name: String, _ text: String) throws { try writeFile("\(folder)/\(name)", Array(text.utf8)) }

    private func text(_ name: String) throws -> String {
        String(decoding: try readFile("\(folder)/\(name)"), as: UTF8.self)
    }

    /// What it prints, without the folder's path.
    private func run(_ arguments: String..., status: Int32) throws -> String {
        let result = try ConformanceRunner.run(arguments)
        #expect(result.ending == .exited(status))
        return result.text.replacing(folder + "/", with: "")
    }

    @Test func `lint names every fault of every file with its place, and ends with 1`() throws {
        defer { try? removeTree(folder) }
        let faulty = "[LIST-1 MUST] x\ndo logni alice\nS: {what}\n  advance 5s\n"
        try write("a.transcript", Self.head + faulty.replacing("  advance", with: "advance"))
        try write("b.transcript", Self.head.replacing("alice", with: "nobody") + "[LIST-1 MUST] x\nS: 0\n")
        try write("c.transcript", Self.head + faulty)
        try write("d.dialect", "format: 1\ntitle: A dialect\n\ndef mine who\n  do login {whom}\nend\n")
        try write("e.transcript", Self.good)
        try write("ignored.txt", "no transcript")
        let expected = """
            a.transcript:6:4: error: there is no macro "logni"
              do logni alice
                 ^
            a.transcript:7:4: error: {what}: nothing of that name is known here
              S: {what}
                 ^
            a.transcript:8:1: error: this step needs "clock": add it to the header's needs
              advance 5s
              ^
            b.transcript:3:10: error: the directory has no user "nobody"
              users:   nobody
                       ^
            c.transcript:8:1: error: indented by 2: write 0 blanks here, two for each open block
                advance 5s
              ^
            d.dialect:5:6: error: there is no macro "login"
                do login {whom}
                   ^
            d.dialect:5:12: error: {whom}: nothing of that name is known here
                do login {whom}
                         ^

            """
        #expect(try run("lint", folder, status: 1) == expected)
    }

    @Test func `lint ends with 0 where nothing is wrong, also for the whole suite`() throws {
        defer { try? removeTree(folder) }
        try write("a.transcript", Self.good)
        #expect(try run("lint", "\(folder)/a.transcript", status: 0) == "1 file, no fault\n")
        #expect(try run("lint", status: 0).hasSuffix(" files, no fault\n"))
    }

    @Test func `lint says which file is not there or cannot be read, and still reads the others`() throws {
        defer { try? removeTree(folder) }
        let missing = "twmailer-conformance: there is no file or folder 'nowhere'\n"
        #expect(try run("lint", "\(folder)/nowhere", status: 4) == missing)
        let none = "twmailer-conformance: there is no transcript or dialect in '\(folder)'\n"
        #expect(try ConformanceRunner.run(["lint", folder]).text == none)
        try write("b.transcript", Self.head + "S: 0\n")
        #expect(symlink("nowhere", "\(folder)/a.transcript") == 0)
        let output = try run("lint", folder, status: 3)
        #expect(output.contains("cannot read a.transcript: No such file or directory\n"))
        #expect(output.contains("b.transcript:1:1: error: no clause is judged"))
    }

    @Test func `a faulty dialect is named once, and nothing is held against those who speak it`() throws {
        defer { try? removeTree(folder) }
        try makeFolder("\(folder)/dialects")
        try write("clauses.txt", "LIST-1 MAY ours\nrule: x\n")
        try write("dialects/strict.dialect", "format: 1\ntitle: A dialect\n\ndef login user\nend\n")
        try write("a.transcript", Self.good.replacing("MUST", with: "MAY"))
        let expected = """
            dialects/strict.dialect:4:1: error: nothing happens in this def: give it a step
              def login user
              ^

            """
        #expect(try run("lint", "--suite", folder, status: 1) == expected)
    }

    @Test func `fmt writes the usual form, keeps the file's mode, and leaves alone what has it or is faulty`() throws {
        defer { try? removeTree(folder) }
        let faulty = Self.head + "advance   soon\n"
        let odd = Self.good.replacing("do login", with: "do   login").replacing("title:   ", with: "title: ")
        try write("a.transcript", odd)
        try write("b.transcript", Self.good)
        try write("c.transcript", faulty)
        let untouched = try ["b", "c"].map { try #require(fingerprint("\(folder)/\($0).transcript")) }
        let fault = """
            c.transcript:5:11: error: give how far, such as 58s, 50ms, 61.999s, 5min, 1h
              advance   soon
                        ^

            """
        #expect(try run("fmt", "--check", folder, status: 1) == "a.transcript\n" + fault)
        #expect(try text("a.transcript") == odd)
        #expect(try run("fmt", folder, status: 1) == fault)
        #expect(try text("a.transcript") == Self.good)
        #expect(try text("c.transcript") == faulty)
        #expect(["b", "c"].map { fingerprint("\(folder)/\($0).transcript") } == untouched)
        let file = try Posix.Directory.open(path: folder).open("a.transcript", .readOnly)
        #expect(try status(of: file.number).mode == 0o600)
        #expect(try Posix.Directory.open(path: folder).names().count == 3)
        #expect(try run("fmt", "--check", "\(folder)/a.transcript", status: 0) == "")
    }

    @Test func `fmt follows a link, and a file that cannot be written stays as it was`() throws {
        defer { try? removeTree(folder) }
        let odd = Self.good.replacing("do login", with: "do   login")
        try write("a", odd)
        #expect(symlink("a", "\(folder)/link.transcript") == 0)
        #expect(try run("fmt", folder, status: 0) == "")
        #expect(try text("a") == Self.good)
        #expect(linkTarget("\(folder)/link.transcript") == "a")
        // The new file is made beside the old one, under a longer name.
        let longest = String(repeating: "x", count: 255)
        try write(longest, odd)
        let output = try run("fmt", "\(folder)/\(longest)", status: 3)
        #expect(output.contains("cannot write \(longest): File name too long"))
        #expect(try text(longest) == odd)
    }
}
