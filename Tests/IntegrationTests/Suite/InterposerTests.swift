/// The interposer in small foreign programs (Peers/): their waits end when the page moves, and the directory is ours.

import Engine
import Posix
import SystemPackage
import Testing
import Transcript
import World

@Suite(.serialized) struct InterposerTests {
    static let ways = [
        "sleep", "usleep", "nanosleep", "clock_nanosleep", "clock_nanosleep-until", "thrd_sleep", "poll", "ppoll",
        "select", "pselect", "epoll_wait", "epoll_pwait", "sigtimedwait", "semtimedop", "pthread_cond_timedwait",
        "pthread_cond_timedwait-monotonic", "pthread_cond_clockwait", "pthread_mutex_timedlock", "cnd_timedwait",
        "sem_timedwait", "sem_clockwait", "futex", "futex-until", "timerfd-read", "timerfd-until-poll", "alarm",
        "setitimer", "timer_settime", "sixty sleeps of a second",
    ]

    @Test func `every wait of C ends when the clock is moved past it, and not before`() throws {
        try withPrograms { programs in
            let program = try programs.compile("waits.c", ["-lpthread", "-lrt"])
            try programs.expectMinute(InterposerTests.ways.map { ($0, [program, $0]) })
        }
    }

    @Test func `waits of C++, Python, Java and of a program under AddressSanitizer end too`() throws {
        try withPrograms { programs in
            var all: [(String, [String])] = []
            let sleeps = try programs.compile("sleeps.cpp", ["-std=c++17", "-lpthread"], by: "c++")
            all += ["thread", "future", "condition", "predicate"].map { ("C++ \($0)", [sleeps, $0]) }
            let asan = try programs.compile("waits.c", ["-fsanitize=address", "-g", "-lpthread", "-lrt"])
            all += ["sleep", "poll"].map { ("asan \($0)", [asan, $0]) }
            if programs.isInstalled("python3") {
                let script = programs.peer("sleeps.py")
                all += ["sleep", "select", "event"].map { ("Python \($0)", ["python3", script, $0]) }
            }
            if programs.isInstalled("javac") {
                let folder = try programs.compileJava("Sleeps.java")
                all += ["sleep", "wait"].map { ("Java \($0)", ["java", "-cp", folder, "Sleeps", $0]) }
            }
            try programs.expectMinute(all)
        }
    }

    @Test func `limits that only the kernel sees are counted; waits that are cut into slices, and no limits, are not`()
        throws
    {
        try withPrograms { programs in
            let program = try programs.compile("waits.c", ["-lpthread", "-lrt"])
            let seen = ["sleep", "poll", "select", "epoll_wait", "sem_timedwait", "futex", "limits taken away"]
            let unseen = [
                "timerfd-read", "timerfd-until-poll", "alarm", "setitimer", "timer_settime", "ualarm", "SO_RCVTIMEO",
                "SO_SNDTIMEO",
            ]
            for way in seen + unseen {
                let running = try programs.start([program, way])
                #expect(running.stage.clock.limitsArmed == (unseen.contains(way) ? 1 : 0), "\(way)")
            }
        }
    }

    @Test func `a server is at work as long as one of its threads is, though its first one sleeps`() throws {
        try withPrograms { programs in
            let program = try programs.compile("waits.c", ["-lpthread", "-lrt"])
            let running = try programs.start([program, "for another thread at work"], saying: "at work")
            // Long enough for the first thread to fall asleep.
            for _ in 0..<20 {
                #expect(ProcessTree.of(group: running.process).isBusy)
                pauseBriefly(microseconds: 5000)
            }
        }
    }

    @Test func `a static program is seen to look at no clock`() throws {
        try withPrograms { programs in
            let program = try programs.compile("waits.c", ["-static", "-lpthread", "-lrt"])
            let running = try programs.start([program, "sleep"])
            running.stage.clock.advance(by: .seconds(60))
            #expect(running.stage.clock.signsOfUse == 0)
        }
    }

    @Test func `the compiled-in directory is the throwaway one, its certificate is checked, and nothing else is there`()
        throws
    {
        try withPrograms { programs in
            let program = try programs.compile("directory.c", ["-lldap", "-llber"])
            let directory = try programs.directory()
            let near = ["other-name", "not-far", "not-far", "ipv6"]
            let host = "ldap://ldap.technikum-wien.at:389"
            #expect(try programs.talk([program, host], directory) == ["tls", "bind"] + near)
            // Nobody's looks are counted but the program's own, and it looks at no clock.
            #expect(programs.lastSignsOfUse == 0)
            // An unknown authority, and a name that is not in the certificate.
            let unknown = try programs.talk([program, host], directory, ["LDAPTLS_CACERT": "/dev/null"])
            #expect(unknown.first == "no-tls")
            let names = ["TESTWORLD_HOSTS": "directory.example,ldap.technikum.wien.at"]
            #expect(try programs.talk([program, "ldap://directory.example"], directory, names).first == "no-tls")
        }
    }

    /// The suite waits for rest before and after it moves the clock, which is real time: 58 seconds must not become 60.
    @Test(arguments: [[], ["-DTHREADS"]])
    func `a server that never rests is not held to have lost the seconds in which its rest was waited for`(
        _ style: [String]
    ) throws {
        try withPrograms { programs in
            let program = try programs.compile("login-only.c", style + ["-DRESTLESS", "-lpthread", "-lldap", "-llber"])
            for transcript in ["ban/one-minute.transcript", "ban/one-minute-and-over.transcript"] {
                let result = try programs.play(transcript, against: .foreign(command: "exec \(program) {port}"))
                #expect(result.failure == nil, "\(transcript)")
                #expect(result.untested?.hasPrefix("inconclusive clock") ?? true)
            }
        }
    }

    enum Outcome: Sendable, Equatable { case passes, fails(String), inconclusive }

    @Test(arguments: [
        ([], Outcome.passes), (["-DTHREADS"], .passes), (["-DTHREADS", "-fsanitize=address", "-g"], .passes),
        (["-DFOREVER"], .fails("BAN-")), (["-DKERNEL_CLOCK"], .inconclusive),
        (["-static", "-DNO_DIRECTORY"], .inconclusive),
    ])
    func `a server whose clock is moved is judged; one whose clock stands is not`(
        _ options: [String], _ outcome: Outcome
    ) throws {
        try withPrograms { programs in
            let libraries = ["-lpthread"] + (options.contains("-DNO_DIRECTORY") ? [] : ["-lldap", "-llber"])
            let program = try programs.compile("login-only.c", options + libraries)
            let result = try programs.play(
                "ban/one-minute-and-over.transcript", against: .foreign(command: "\(program) {port}"))
            switch outcome {
            case .passes:
                #expect(result.failure == nil && result.untested == nil)
                #expect(result.duration < .seconds(10), "a minute has passed in real time")
            case .fails(let family):
                #expect(result.failure?.verdict == .fail)
                #expect(result.failure?.clause?.id.hasPrefix(family) == true)
            case .inconclusive:
                #expect(result.failure == nil)
                #expect(result.untested?.hasPrefix("inconclusive clock") == true)
                #expect(!result.outcomes.contains { $0.verdict == .fail })
                #expect(result.outcomes.contains { $0.verdict == .notTested })
            }
        }
    }
}
