/// The probe: sends a server each command before the suite judges it, and records the raw replies.

package import Dialects
import Posix
import Results
import Transcript
package import World

package struct Probe {
    let options: PlayOptions
    package init(_ options: PlayOptions) { self.options = options }

    /// Starts the server, sends two mails from one user to another, lists and reads them.
    /// - Throws: a problem that would end a run.
    package func run(with lease: Lease) throws(Problem) -> ProbeRecord {
        let world: World
        do { world = try options.trial(lease) } catch { throw .world(error) }
        defer { world.end(keeping: false) }
        let wire = Wire(world, options)
        var record = ProbeRecord()
        if let accounts = options.server.attachment?.accounts {
            (record.sender, record.receiver) = (accounts[0].name, accounts[1].name)
        }
        do {
            for user in options.server.attachment == nil ? [] : [record.sender, record.receiver] {
                try wire.emptyMailbox(of: user)
            }
            try hear(wire, &record)
        } catch {
            switch error {
            case .interrupted: throw .interrupted
            case .broken(let failure): throw .world(failure)
            case .fault(let place, let message): throw .transcript(path: "probe", line: place.line, message: message)
            // The record up to here is enough; the transcripts judge the rest.
            case .failed, .unmet, .untested: break
            }
        }
        return record
    }

    private func hear(_ wire: Wire, _ record: inout ProbeRecord) throws(Stop) {
        let (sender, receiver) = (record.sender, record.receiver)
        // A failed LOGIN may ban its address, so it uses another one.
        let stranger = try connect(wire, "1", from: wire.world.addresses[1])
        record.greeting = try wire.heard(on: stranger)
        if ReplyTranslator.status(record.greeting[...]) == Array("ERR".utf8) { record.greeting = [] }
        record.wrongLogin = try wire.ask("LOGIN\n\(sender)\nwrong-password", on: stranger)
        if !stranger.inbox.hasEnded { record.stranger = try wire.ask("LIST", on: stranger) }
        stranger.close(abruptly: false)

        let first = try connect(wire, "2", from: wire.world.addresses[0])
        _ = try wire.heard(on: first)
        record.login = try login(wire, sender, on: first)
        for subject in ProbeRecord.subjects {
            let (verb, to, dot) = (Array("SEND".utf8), Array(receiver.utf8), Array(".".utf8))
            record.send = try wire.ask([verb, to, subject, ProbeRecord.body, dot], on: first)
        }
        _ = try wire.ask("QUIT", on: first)
        first.close(abruptly: false)

        let second = try connect(wire, "3", from: wire.world.addresses[0])
        _ = try wire.heard(on: second)
        _ = try login(wire, receiver, on: second)
        record.list = try wire.ask("LIST", on: second)
        for number in 1...3 {
            let reply = try wire.ask("READ\n\(number)", on: second)
            if reply.firstRange(of: ProbeRecord.subjects[0]) == nil && number < 3 { continue }
            record.read = reply
            break
        }
        record.missing = try wire.ask("READ\n97", on: second)
        record.quit = try wire.ask("QUIT", on: second)
        second.close(abruptly: false)
        let third = try connect(wire, "4", from: wire.world.addresses[0])
        _ = try wire.heard(on: third)
        _ = try login(wire, sender, on: third)
        record.emptyList = try wire.ask("LIST", on: third)
        record.secondLogin = try wire.ask("LOGIN\n\(receiver)\nwrong-password", on: third)
        third.close(abruptly: false)
        // An attached server lives on afterwards, and it may ban more than an address.
        if options.server.attachment == nil { try hearBan(wire, &record) }
    }

    private func hearBan(_ wire: Wire, _ record: inout ProbeRecord) throws(Stop) {
        var connection: Connection?
        for number in 5...7 {
            if connection?.inbox.hasEnded ?? true {
                let new = try connect(wire, String(number), from: wire.world.addresses[1])
                _ = try wire.heard(on: new)
                connection = new
            }
            guard let connection, !connection.inbox.hasEnded else { break }
            record.refusals.append(try wire.ask("LOGIN\n\(record.sender)\nwrong-password", on: connection))
        }
        connection?.close(abruptly: false)
    }

    private func login(_ wire: Wire, _ user: String, on connection: Connection) throws(Stop) -> [UInt8] {
        try wire.ask([Array("LOGIN".utf8), Array(user.utf8), wire.world.passwords[user] ?? []], on: connection)
    }

    private func connect(_ wire: Wire, _ label: String, from address: String) throws(Stop) -> Connection {
        let connection = Connection(label: label)
        try wire.open(connection, from: address)
        return connection
    }
}
