/// From a folder to a command: what a build misses, which program is the server, what it says it wants.

import Engine
import Posix
import Testing
import Transcript
import Workshop
import World

struct FolderServerTests {
    @Test(arguments: [
        ("Assembler messages:\nFatal error: can't create obj/server.o: No such file or directory", ["obj"]),
        ("/usr/bin/ld: cannot open output file bin/x/server: No such file or directory", ["bin/x"]),
        ("src/a.c:1: fatal error: opening dependency file ./obj/dep/a.d: No such file or directory", ["./obj/dep"]),
        ("/bin/sh: 1: cannot create out/log: Directory nonexistent", ["out"]),
        ("error: unable to open output file 'obj/a.o': 'No such file or directory'", ["obj"]),
        ("make: *** No rule to make target 'obj', needed by 'obj/a.o'.  Stop.", ["obj"]),
        (
            "make[1]: Entering directory '/top/server'\nld: cannot open output file bin/s: No such file or directory",
            ["server/bin"]
        ),
        // A folder for these would not help, or not be ours to make.
        ("src/a.c:3:10: fatal error: uuid/uuid.h: No such file or directory", []),
        ("cc1: fatal error: src/none.c: No such file or directory", []),
        ("cp: cannot create regular file '/opt/x/server': No such file or directory", []),
        ("cp: cannot create regular file '../x/server': No such file or directory", []),
    ])
    func `a build says which folders it misses`(_ output: String, _ folders: [String]) {
        #expect(MissingFolders.named(in: Array(output.utf8), from: "/top") == folders)
    }

    @Test(
        arguments: [
            (["client", "server"], "server"), (["bin/twmailer-client", "bin/twmailer-server"], "bin/twmailer-server"),
            (["server", "server_test", "x/old-server"], "server"), (["Client", "TWMailer"], "TWMailer"),
            (["alpha", "beta"], nil), (["myclient"], nil), ([], nil),
        ] as [([String], String?)])
    func `the server is known by its name, or because nothing else can be it`(_ programs: [String], _ server: String?) {
        #expect(ServerBinary.choose(among: programs) == server)
    }

    @Test(arguments: [
        ("Usage: ./server <port> <mail-spool-directory>", "{port} {spool}"),
        ("error\nUsage: /tmp/x/server -p PORT [--dir DIR]\n", "-p {port} --dir {spool}"),
        ("Verwendung: ./server <Mail-Verzeichnis> <Port>", "{spool} {port}"),
        ("Usage: ./server <host> <port>", nil), ("bind: Permission denied", nil), ("Usage: other <port>", nil),
    ])
    func `a usage line says what a server wants`(_ text: String, _ form: String?) {
        #expect(ArgumentForms.form(fromUsage: text, of: "bin/server") == form)
    }

    @Test func `what builds a folder is found at its top or below, and several are not guessed among`() throws {
        let folder = try makeTemporaryFolder("/tmp/bp")
        defer { try? removeTree(folder) }
        #expect(try BuildPlan.find(in: folder) == nil)
        for part in ["client", "twserver"] {
            try makeFolder("\(folder)/\(part)")
            try writeFile("\(folder)/\(part)/Makefile", [])
        }
        #expect(try BuildPlan.find(in: folder) == BuildPlan(command: "make", place: "twserver"))
        try makeFolder("\(folder)/my-server")
        try writeFile("\(folder)/my-server/CMakeLists.txt", [])
        #expect(throws: WorldFailure.self) { try BuildPlan.find(in: folder) }
        try writeFile("\(folder)/makefile", Array("# CMAKE generated file: DO NOT EDIT!\n".utf8))
        #expect(try BuildPlan.find(in: folder) == BuildPlan(command: "make", place: ""))
        try writeFile("\(folder)/CMakeLists.txt", [])
        #expect(try BuildPlan.find(in: folder)?.command.hasPrefix("cmake ") == true)
    }

    @Test func `a copy keeps modes, times and links, and stops at a folder that is too big`() throws {
        let folder = try makeTemporaryFolder("/tmp/tc")
        defer { try? removeTree(folder) }
        for name in ["a", "b", "c", "a/in"] { try makeFolder("\(folder)/\(name)") }
        try writeFile("\(folder)/a/in/x", Array("text".utf8))
        let output = try Spawn(
            "/bin/sh", ["-c", "cd \(folder)/a && chmod 755 in/x && ln -s in/x l && touch -d @5 in/x"]
        ).output()
        try #require(output.ending == .exited(0))
        var copy = TreeCopy()
        try copy.copy("\(folder)/a", into: "\(folder)/b")
        #expect(try readFile("\(folder)/b/in/x") == Array("text".utf8))
        #expect(isRunnable("\(folder)/b/in/x") && linkTarget("\(folder)/b/l") == "in/x")
        #expect(fingerprint("\(folder)/b/in/x")?.contains(" 4 5.0 ") == true)
        copy = TreeCopy()
        copy.mostFiles = 2
        #expect(throws: (any Error).self) { try copy.copy("\(folder)/a", into: "\(folder)/c") }
    }
}
