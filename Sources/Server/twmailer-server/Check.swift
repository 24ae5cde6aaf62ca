/// `--check`: reports on port, spool, bans and directory, and on what the next start would clean up; changes nothing.

import MailServer
import Options
import Posix
import Spool
import SystemPackage

struct Check {
    /// sysexits.h; a server starts all the same, so no start ever has it, as none has the 69 of a mute directory.
    private static let damaged: Int32 = 65

    /// The exit status a start would have had, or 65; the first finding counts.
    private(set) var status: Int32 = 0

    /// One line for each thing looked at.
    static func run(_ options: ServerOptions, gatekeeper: String) -> Int32 {
        var check = Check()
        check.look("port") {
            let listener = try Main.listen(options)
            return "\(try Sockets.localAddress(listener.number)) is free"
        }
        check.lookAtSpool(options)
        check.lookAtBans(options, gatekeeper)
        check.look("directory") { try Check.gatekeeper(gatekeeper, "--check", options)[0] }
        return check.status
    }

    private mutating func look(_ what: String, _ body: () throws -> String) {
        do {
            Check.say("ok    \(what): \(try body())")
        } catch {
            let failure = CannotStart(error)
            if status == 0 { status = failure.status }
            Check.say("FAIL  \(what): \(failure.reason)")
        }
    }

    private mutating func lookAtSpool(_ options: ServerOptions) {
        var found: SpoolExamination?
        look("spool") {
            found = try Spool.examine(path: options.spool, clock: options.clock)
            guard let found else { return "\(options.spool) does not exist yet; the server will create it" }
            return "\(options.spool) is not in use; \(found.mailboxes) mailboxes, \(found.messages) messages"
        }
        for note in found?.notes ?? [] { Check.say("note  spool: \(note)") }
        for damage in found?.damages ?? [] {
            Check.say("FAIL  spool: \(damage)")
            if status == 0 { status = Check.damaged }
        }
    }

    private mutating func lookAtBans(_ options: ServerOptions, _ gatekeeper: String) {
        var lines: [String] = []
        look("bans") {
            lines = try Check.gatekeeper(gatekeeper, "--check-state", options)
            return lines[0]
        }
        for note in lines.dropFirst() { Check.say("note  bans: \(note)") }
    }

    private static func say(_ line: String) { try? writeAll(1, Array("\(line)\n".utf8).span) }

    /// The gatekeeper looks, because the server knows nothing of LDAP or of bans; it ends by itself in time.
    private static func gatekeeper(_ program: String, _ what: String, _ options: ServerOptions) throws -> [String] {
        let output = try Spawn(program, [what] + options.gatekeeperArguments).output()
        let said = { (bytes: [UInt8]) in
            bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        }
        switch output.ending {
        case .exited(0): return said(output.text)
        case .exited(let status): throw CannotStart(status: status, said(output.errors).first ?? "no reason given")
        case .killed: throw CannotStart(status: 69, "no answer within \(options.verdictTimeout)")
        }
    }
}
