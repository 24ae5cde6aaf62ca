/// A program that dies by a signal is told with the place, and sees nothing of that (Peers/crashes.cpp).

import Engine
import Posix
import Testing
import World

@Suite(.serialized) struct CrashPlaceTests {
    struct Death: Sendable {
        let way: String
        let signal: Int32
        let function: String
        /// nil: of the program; otherwise of its child, and the program ends so.
        var ending: Ending?
    }

    static let deaths = [
        Death(way: "abort", signal: 6, function: "abortHere"),
        Death(way: "abort in a thread", signal: 6, function: "abortHere"),
        Death(way: "write to null", signal: 11, function: "writeToNull"),
        Death(way: "in a forked child", signal: 11, function: "writeToNull", ending: .exited(0)),
        Death(way: "in a handler", signal: 11, function: "writeToNull"),
        Death(way: "stoi", signal: 6, function: "parseNumber"),
        Death(way: "division", signal: 8, function: "divide"),
        Death(way: "overflow", signal: 11, function: "deeper"),
        Death(way: "overflow in a thread", signal: 11, function: "deeper"),
        Death(way: "call of null", signal: 11, function: "callNothing"),
        Death(way: "broken pipe", signal: 13, function: "talkToNobody"),
        Death(way: "broken stack", signal: 6, function: "abortOnBrokenStack"),
        Death(way: "no descriptor left", signal: 6, function: "abortHere"),
    ]

    @Test(arguments: [["-O0", "-g"], ["-O2", "-g", "-fomit-frame-pointer"], ["-O0", "-g", "-no-pie"]])
    func `each death is told with its line, and ends the program as it always did`(_ options: [String]) throws {
        try withPrograms { programs in
            let program = try programs.compile("crashes.cpp", ["-std=c++17", "-lpthread"] + options, by: "c++")
            let lines = try linesThatDie(programs.peer("crashes.cpp"))
            for death in CrashPlaceTests.deaths {
                let crash = try crash(by: death, of: program, programs)
                // Optimised, the frame of a recursion may stand at any of its lines.
                if death.function == "deeper" {
                    #expect(crash.isStackOverflow, "\(death.way)")
                    #expect(crash.place?.hasSuffix(" in deeper") == true, "\(death.way): \(crash.place ?? "-")")
                } else {
                    let line = try #require(lines[death.way])
                    #expect(crash.place == "crashes.cpp:\(line) in \(death.function)", "\(death.way)")
                    #expect(!crash.isStackOverflow, "\(death.way)")
                }
            }
        }
    }

    @Test func `without -g the function is told, and of a stripped program where in it`() throws {
        try withPrograms { programs in
            let options = ["-std=c++17", "-lpthread", "-O2", "-fomit-frame-pointer"]
            let named = try programs.compile("crashes.cpp", options, by: "c++")
            let bare = try programs.compile("crashes.cpp", options + ["-s"], by: "c++")
            for death in CrashPlaceTests.deaths {
                let place = try crash(by: death, of: named, programs).place
                #expect(place?.hasPrefix("\(death.function) (") == true, "\(death.way): \(place ?? "-")")
                #expect(place?.hasSuffix(", built without -g)") == true, "\(death.way): \(place ?? "-")")
                let address = try crash(by: death, of: bare, programs).place
                #expect(address?.contains("+0x") == true && address?.contains("(") == false, "\(death.way)")
            }
        }
    }

    @Test(arguments: [[], ["-fsanitize=address", "-g"]])
    func `a program sees nothing of it, and keeps its own handlers`(_ options: [String]) throws {
        try withPrograms { programs in
            let program = try programs.compile("crashes.cpp", ["-std=c++17", "-lpthread"] + options, by: "c++")
            // AddressSanitizer has handlers of its own, which a program sees.
            let asks = options.isEmpty ? 0 : Int32(1)
            for (way, status, said) in [
                ("asks", asks, []), ("own handler", 7, ["own handler"]), ("recovers", 0, []), ("ignores", 0, []),
                ("many threads", 0, []),
            ] {
                let death = try programs.death([program, way])
                #expect(death.ending == .exited(status), "\(way)")
                #expect(death.said == said, "\(way)")
                #expect(death.crashes.isEmpty, "\(way)")
            }
            let small = try programs.death([program, "small stack"])
            #expect(small.ending == .killed(signal: 6) && small.crashes.isEmpty)
            let execs = try programs.death([program, "execs"])
            #expect(execs.ending == .killed(signal: 11))
            #expect(execs.crashes.count == 1 && execs.crashes.first?.place == nil, "a shell is nobody's hand-in")
        }
    }

    @Test func `the handlers of Java and Python are theirs`() throws {
        try withPrograms { programs in
            if programs.isInstalled("javac") {
                let folder = try programs.compileJava("Faults.java")
                let death = try programs.death(["java", "-cp", folder, "Faults"])
                #expect(death.ending == .exited(0) && death.said == ["20000 1"] && death.crashes.isEmpty)
            }
            if programs.isInstalled("python3") {
                let asks = "import signal; print(signal.getsignal(11), signal.signal(11, lambda *a: 0))"
                let death = try programs.death(["python3", "-c", asks])
                #expect(death.ending == .exited(0) && death.said == ["0 0"] && death.crashes.isEmpty)
                let faults = "import ctypes, faulthandler; faulthandler.enable(); ctypes.string_at(0)"
                let crash = try programs.death(["python3", "-c", faults])
                #expect(crash.ending == .killed(signal: 11) && crash.crashes.count == 1)
            }
        }
    }

    @Test(arguments: [false, true])
    func `a report names the line of a server's end, and of a child that died while the server lived on`(
        _ hasThreads: Bool
    ) throws {
        try withPrograms { programs in
            let options = ["-DCRASHES", "-g", "-lpthread", "-lldap", "-llber"] + (hasThreads ? ["-DTHREADS"] : [])
            let program = try programs.compile("login-only.c", options)
            let line = try #require(try linesThatDie(programs.peer("login-only.c"))["refuse"])
            var servers = [ForeignServer(command: "exec \(program) {port}")]
            if Sandbox.obstacle == nil {
                // A copy of its folder is what a server sees in the sandbox.
                var server = ForeignServer(command: "exec ./\(program.split(separator: "/").last!) {port}")
                (server.folder, server.isSandboxed) = (String(program[..<program.lastIndex(of: "/")!]), true)
                servers.append(server)
            }
            for server in servers {
                let result = try programs.play("list/empty.transcript", against: .foreign(server))
                let failure = try #require(result.failure)
                let told = "SIGSEGV: a null pointer) in login-only.c:\(line) in refuse"
                #expect(failure.verdict == (hasThreads ? .crash : .fail))
                if hasThreads {
                    #expect(failure.server.hasSuffix(told), "\(failure.server)")
                } else {
                    let lines = failure.details.filter { $0.hasSuffix("of the server died (\(told)") }
                    #expect(lines.count == 1, "\(failure.details)")
                }
            }
        }
    }

    /// The one record of a death, which has ended as it should.
    private func crash(by death: Death, of program: String, _ programs: ForeignPrograms) throws -> CrashRecord {
        let (ending, _, crashes) = try programs.death([program, death.way])
        #expect(ending == death.ending ?? .killed(signal: death.signal), "\(death.way)")
        #expect(crashes.count == 1, "\(death.way)")
        let crash = try #require(crashes.first, "\(death.way)")
        #expect(crash.signal == death.signal, "\(death.way)")
        return crash
    }

    /// By the words after "dies:" in a comment.
    private func linesThatDie(_ path: String) throws -> [String: Int] {
        var lines: [String: Int] = [:]
        let text = String(decoding: try readFile(path), as: UTF8.self)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let words = line.split(separator: "// dies: ").dropFirst().first else { continue }
            for way in words.split(separator: ", ") { lines[String(way)] = index + 1 }
        }
        return lines
    }
}
