/// The probe: hears how a server answers each command once, before it is judged.

import TestWorld
import Posix
import Transcript

package struct Probe {
    let options: PlayOptions
    package init(_ options: PlayOptions) { self.options = options }

    private static let script = Array("format:  1\ntitle:   Probe\nusers:   alice, bob\n".utf8)

    /// Starts the server, sends two mails from one user to another, lists and reads them.
    /// - Throws: what would end a run.
    package func run(with lease: Lease) throws(Problem) -> ProbeRecord {
        let scene: Scene
        do { scene = try Probe.scene(options, lease) } catch { throw .world(error) }
        defer { scene.end(keeping: false) }
        let player = Player(scene, frames: [Frame()], macros: [:])
        var record = ProbeRecord()
        if let accounts = options.server.attachment?.accounts {
            (record.sender, record.receiver) = (accounts[0].name, accounts[1].name)
        }
        do {
            for user in options.server.attachment == nil ? [] : [record.sender, record.receiver] {
                try player.emptyMailbox(of: user)
            }
            try hear(player, &record)
        } catch {
            switch error {
            case .interrupted: throw .interrupted
            case .broken(let failure): throw .world(failure)
            case .fault(let place, let message): throw .transcript(path: "probe", line: place.line, message: message)
            // What was heard up to here tells enough; the rest is for the transcripts to judge.
            case .failed, .untested: break
            }
        }
        return record
    }

    /// The server, started for nothing but a look at it.
    static func scene(_ options: PlayOptions, _ lease: Lease) throws(WorldFailure) -> Scene {
        guard let transcript = try? Transcript.parse(script, path: "probe", as: .transcript) else {
            throw .broken("the probe's own transcript is faulty")
        }
        return try Scene(transcript, .flight, number: 20_000, options: options, lease: lease)
    }

    private func hear(_ player: Player, _ record: inout ProbeRecord) throws(Stop) {
        let (sender, receiver) = (record.sender, record.receiver)
        // A failed LOGIN may ban its address: it comes from another.
        let stranger = try connect(player, "1", from: player.scene.addresses[1])
        record.greeting = try player.heard(on: stranger)
        if ReplyTranslator.status(record.greeting[...]) == Array("ERR".utf8) { record.greeting = [] }
        record.wrongLogin = try player.ask("LOGIN\n\(sender)\nwrong-password", on: stranger)
        if !stranger.inbox.hasEnded { record.stranger = try player.ask("LIST", on: stranger) }
        stranger.close(abruptly: false)

        let first = try connect(player, "2", from: player.scene.addresses[0])
        _ = try player.heard(on: first)
        record.login = try login(player, sender, on: first)
        for subject in ProbeRecord.subjects {
            let words = ["SEND", receiver, subject, ProbeRecord.body, "."] as [any ProbeText]
            record.send = try player.ask(words, on: first)
        }
        _ = try player.ask("QUIT", on: first)
        first.close(abruptly: false)

        let second = try connect(player, "3", from: player.scene.addresses[0])
        _ = try player.heard(on: second)
        _ = try login(player, receiver, on: second)
        record.list = try player.ask("LIST", on: second)
        for number in 1...3 {
            let reply = try player.ask("READ\n\(number)", on: second)
            if reply.firstRange(of: ProbeRecord.subjects[0]) == nil && number < 3 { continue }
            record.read = reply
            break
        }
        record.missing = try player.ask("READ\n97", on: second)
        record.quit = try player.ask("QUIT", on: second)
        second.close(abruptly: false)
        let third = try connect(player, "4", from: player.scene.addresses[0])
        _ = try player.heard(on: third)
        _ = try login(player, sender, on: third)
        record.emptyList = try player.ask("LIST", on: third)
        record.secondLogin = try player.ask("LOGIN\n\(receiver)\nwrong-password", on: third)
        third.close(abruptly: false)
        // A server that goes on afterwards may ban more than an address.
        if options.server.attachment == nil { try hearBan(player, &record) }
    }

    private func hearBan(_ player: Player, _ record: inout ProbeRecord) throws(Stop) {
        var connection: Connection?
        for number in 5...7 {
            if connection?.inbox.hasEnded ?? true {
                let new = try connect(player, String(number), from: player.scene.addresses[1])
                _ = try player.heard(on: new)
                connection = new
            }
            guard let connection, !connection.inbox.hasEnded else { break }
            record.refusals.append(try player.ask("LOGIN\n\(record.sender)\nwrong-password", on: connection))
        }
        connection?.close(abruptly: false)
    }

    private func login(_ player: Player, _ user: String, on connection: Connection) throws(Stop) -> [UInt8] {
        try player.ask(["LOGIN", user, player.scene.passwords[user] ?? []] as [any ProbeText], on: connection)
    }

    private func connect(_ player: Player, _ label: String, from address: String) throws(Stop) -> Connection {
        let connection = player.frame.connection(label)
        try player.open(connection, from: address)
        return connection
    }
}

/// One line of a command.
private protocol ProbeText { var line: [UInt8] { get } }
extension String: ProbeText { fileprivate var line: [UInt8] { Array(utf8) } }
extension [UInt8]: ProbeText { fileprivate var line: [UInt8] { self } }

extension Player {
    func ask(_ text: String, on connection: Connection) throws(Stop) -> [UInt8] {
        try ask([text] as [any ProbeText], on: connection)
    }

    func ask(_ bytes: [UInt8], on connection: Connection) throws(Stop) -> [UInt8] {
        try ask([bytes] as [any ProbeText], on: connection)
    }

    fileprivate func ask(_ lines: [any ProbeText], on connection: Connection) throws(Stop) -> [UInt8] {
        let bytes = Array(lines.map(\.line).joined(separator: [10]))
        try send(connection, .text(Text(pieces: [.literal(bytes)])))
        try releaseFlight()
        return try heard(on: connection)
    }

    /// Everything that comes until the server has been at rest for a while, or the connection ends.
    func heard(on connection: Connection) throws(Stop) -> [UInt8] {
        network.resetProgress()
        let length = Duration.milliseconds(150) * scene.options.slow
        while !connection.inbox.hasEnded && Clock.system.now() - network.lastProgress < timeout {
            if try pump(until: Clock.system.now() + .milliseconds(20)) { continue }
            if Clock.system.now() - network.lastProgress >= length, !connection.hasOutput,
                network.unreadByServer() ?? 0 == 0, !network.isHeldBack(),
                scene.isAtRest(silentSince: network.lastProgress)
            {
                break
            }
        }
        let bytes = Array(connection.inbox.unread)
        connection.inbox.consume(bytes.count)
        return bytes
    }
}
