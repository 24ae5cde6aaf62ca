/// `--check`: says of port, spool and directory whether a start would find them in order, and changes nothing.

import MailServer
import Options
import Posix
import Spool
import SystemPackage

struct Check {
    /// The exit status a start would have had; the first finding counts.
    private(set) var status: Int32 = 0

    /// One line for each thing looked at.
    static func run(_ options: ServerOptions, gatekeeper: String) -> Int32 {
        var check = Check()
        check.look("port") {
            let listener = try Main.listen(options)
            return "\(try Sockets.localAddress(listener.number)) is free"
        }
        check.look("spool") { try Spool.examine(path: options.spool) }
        check.look("directory") { try Check.directory(options, gatekeeper) }
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

    private static func say(_ line: String) { try? writeAll(1, Array("\(line)\n".utf8).span) }

    /// The gatekeeper looks, because the server knows nothing of LDAP; it ends by itself in time.
    private static func directory(_ options: ServerOptions, _ gatekeeper: String) throws -> String {
        let output = try Spawn(gatekeeper, ["--check"] + options.gatekeeperArguments).output()
        let said = { (bytes: [UInt8]) in String(decoding: bytes.split(separator: 10).first ?? [], as: UTF8.self) }
        switch output.ending {
        case .exited(0): return said(output.text)
        case .exited(let status): throw CannotStart(status: status, said(output.errors))
        case .killed: throw CannotStart(status: 69, "no answer within \(options.verdictTimeout)")
        }
    }
}
