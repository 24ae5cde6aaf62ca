/// What clients do to each kind of server in the series, in its own protocol.

import Posix
import World

extension Measurements {
    static func name(_ number: Int) -> String {
        let digits = String(number)
        return "if23b" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private func name(_ number: Int) -> String { Measurements.name(number) }

    func login(_ user: String, isTimed: Bool = false) -> Exchange {
        .login(user, setting.passwords[user] ?? [], isTimed: isTimed)
    }

    private func opening(_ wire: Wire, _ user: String) -> [Exchange] {
        wire.opening(user, setting.passwords[user] ?? [])
    }

    /// LOGIN, LIST of ten, QUIT; four users for each client. By POP3 the same.
    func sessions(_ clients: Int, _ server: Contender) -> Workload {
        let line = Array((Measurements.subject + "\n").utf8)
        let listing = decimal(Measurements.mails) + (0..<Measurements.mails).flatMap { _ in line }
        let turns = (0..<clients).map { client in
            (0..<4).map { turn in
                let user = name(1 + (client * 4 + turn) % 50)
                return server.kind.isDovecot
                    ? opening(.pop3, user) + [Wire.sizes, Wire.pop3Quit]
                    : [login(user, isTimed: true), .list(listing), .quit]
            }
        }
        return Workload(turns: turns, at: server.wires[.pop3])
    }

    /// To four receivers for each client, or to one where four copies of the text would fill the memory; to Dovecot by
    /// LMTP, to Postfix by SMTP.
    func sending(_ text: [UInt8], _ clients: Int, series: String, _ server: Contender) -> Workload {
        let wire: Wire? = server.kind.isDovecot ? .lmtp : server.kind == .postfix ? .smtp : nil
        let subject = "a mail of the benchmark"
        let receivers = text.count > 50_000_000 ? 1 : 4
        return Workload(
            opening: (0..<clients).map { client in
                wire.map { opening($0, name(1 + client)) } ?? [login(name(1 + client))]
            },
            turns: (0..<clients).map { client in
                (0..<receivers).map {
                    let receiver = "\(series).\(client * 4 + $0)"
                    return wire == nil
                        ? [.send(to: receiver, subject: subject, text: text)]
                        : Wire.message(to: receiver, subject: subject, text: text)
                }
            }, at: wire.flatMap { server.wires[$0] })
    }

    func reading(_ server: Contender) -> Workload {
        let reader = Measurements.reader
        if server.kind.isDovecot {
            return Workload(opening: [opening(.pop3, reader)], turns: [[[Wire.retrieve]]], at: server.wires[.pop3])
        }
        let mail = Exchange.read(
            1, sender: name(1), receiver: reader, subject: "big", text: Measurements.bigText)
        return Workload(opening: [[login(reader), .list(Array("1\nbig\n".utf8))]], turns: [[[mail]]])
    }

    /// The first look at a big mailbox in a session; by IMAP, which has subjects.
    func listing(_ user: String, _ mails: Int, _ server: Contender) -> Workload {
        if server.kind.isDovecot {
            return Workload(
                turns: [
                    [
                        opening(.imap, user) + [
                            Wire.subjects, .ask("a4 LOGOUT", "a4 OK"), Exchange(request: [], reply: .end),
                        ]
                    ]
                ],
                at: server.wires[.imap])
        }
        return Workload(
            turns: [[[login(user), .list(Mailboxes.listing(mails), isTimed: true), .quit]]])
    }

    // MARK: Before the first round

    /// Mail for the sessions' LIST and for READ, and one look at each big mailbox.
    func prepare(_ server: Contender) throws {
        if server.kind == .postfix { return }
        let text = mailText(1000)
        let isPeer = server.kind.isDovecot
        func mail(_ receiver: String, _ subject: String, _ text: [UInt8]) -> [Exchange] {
            isPeer
                ? Wire.message(to: receiver, subject: subject, text: text)
                : [.send(to: receiver, subject: subject, text: text)]
        }
        let turns = (1...10).map { client in
            (0..<5).map { 10 * $0 + client }.flatMap { user in
                (0..<Measurements.mails).map { _ in mail(name(user), Measurements.subject, text) }
            }
        }
        let entry = { (user: String) in isPeer ? opening(.lmtp, user) : [login(user)] }
        let filling = Workload(opening: (1...10).map { entry(name($0)) }, turns: turns, at: server.wires[.lmtp])
        _ = try Load(server: filling.at ?? server.server, workload: filling).run(turns: 50)
        if server.kind == .peer { return }
        let big = Workload(
            opening: [entry(name(1))], turns: [[mail(Measurements.reader, "big", Measurements.bigText)]],
            at: server.wires[.lmtp])
        _ = try Load(server: big.at ?? server.server, workload: big).run(turns: 1)
        for box in Measurements.bigBoxes(server.kind) {
            let look = listing(box.user, box.mails, server)
            _ = try Load(server: look.at ?? server.server, workload: look).run(turns: 1)
        }
    }
}

private func decimal(_ count: Int) -> [UInt8] { Array("\(count)\n".utf8) }
