/// What a mail server does, in memory and one step after the other: mailboxes, numbers and bans in a hundred lines.

/// Written from docs/PROTOCOL.md alone; it shares nothing with the server.
package struct Model {
    private struct Mail {
        let id: Int
        let subject: [UInt8]
        let payload: [UInt8]
    }
    private struct Client {
        var address: UInt8
        var user: [UInt8]?
        /// What each number stands for (READ-4).
        var table: [Int] = []
    }
    private struct Charges {
        var count: Int
        var last: Int
    }

    private var mailboxes: [[UInt8]: [Mail]] = [:]
    private var clients: [Int: Client] = [:]
    private var charges: [UInt8: [[UInt8]: Charges]] = [:]
    /// When each ban ends.
    private var bans: [UInt8: Int] = [:]
    private var (now, sent) = (0, 0)
    private let ok = Array("OK\n".utf8), err = Array("ERR\n".utf8)

    package init() {}

    package func isConnected(_ client: Int) -> Bool { clients[client] != nil }

    /// Numbers of its table that a client may use, for whoever makes up steps.
    package func numbers(of client: Int) -> Int { clients[client]?.table.count ?? 0 }

    /// Exactly what the client hears.
    package mutating func take(_ step: Step) -> [UInt8] {
        if let client = step.client, clients[client] == nil { clients[client] = Client(address: UInt8(client + 1)) }
        switch step {
        case .connect(let client, let address): clients[client] = Client(address: address)
        case .quit(let client), .half(let client, _, _): clients[client] = nil
        case .advance(let milliseconds): now += milliseconds
        case .restart: clients = [:]
        case .killGatekeeper: now += 2000
        case .unknown: return err
        case .login(let client, let user, let password): return login(client, user, password)
        case .send(let client, let receiver, let subject, let text):
            guard let user = clients[client]?.user, isName(receiver), isSubject(subject) else { return err }
            sent += 1
            let payload = [user, receiver, subject].flatMap { $0 + [0x0a] } + text + [0x2e, 0x0a]
            mailboxes[receiver, default: []].append(Mail(id: sent, subject: subject, payload: payload))
            return ok
        case .list(let client):
            guard let user = clients[client]?.user else { return err }
            let mails = mailboxes[user] ?? []
            clients[client]!.table = mails.map(\.id)
            return Array("\(mails.count)\n".utf8) + mails.flatMap { $0.subject + [0x0a] }
        case .read(let client, let number):
            guard let (user, place) = mail(client, number) else { return err }
            return ok + mailboxes[user]![place].payload
        case .delete(let client, let number):
            guard let (user, place) = mail(client, number) else { return err }
            mailboxes[user]!.remove(at: place)
            return ok
        }
        return []
    }

    private mutating func login(_ client: Int, _ user: [UInt8], _ password: [UInt8]) -> [UInt8] {
        let address = clients[client]!.address
        if clients[client]!.user != nil || now < bans[address] ?? 0 { return err }  // LOGIN-7, BAN-8
        let counted = isName(user) ? user : []
        var charge = charges[address]?[counted] ?? Charges(count: 0, last: now)
        if now - charge.last >= 600_000 { charge.count = 0 }  // BAN-15
        if ["alice", "bob", "carol", "dave"].contains(where: { $0.utf8.elementsEqual(user) }),
            password == user + "-secret".utf8
        {
            charges[address]?[counted] = nil
            clients[client]!.user = user
            return ok
        }
        charges[address, default: [:]][counted] = Charges(count: charge.count + 1, last: now)
        if charge.count + 1 == 3 { (bans[address], charges[address]) = (now + 60_000, nil) }  // BAN-1, BAN-3
        return err
    }

    /// READ-4: beyond its end the table first grows by what has arrived.
    private mutating func mail(_ client: Int, _ text: [UInt8]) -> (user: [UInt8], place: Int)? {
        guard let user = clients[client]?.user, let number = Model.number(text) else { return nil }
        let mails = mailboxes[user] ?? []
        if number > clients[client]!.table.count {
            let last = clients[client]!.table.last ?? 0
            clients[client]!.table += mails.map(\.id).filter { $0 > last }
        }
        let table = clients[client]!.table
        guard number <= table.count, let place = mails.firstIndex(where: { $0.id == table[number - 1] }) else {
            return nil
        }
        return (user, place)
    }

    private static func number(_ text: [UInt8]) -> Int? {
        guard text.count < 10, let number = Int(String(decoding: text, as: UTF8.self)), number > 0 else { return nil }
        return "\(number)".utf8.elementsEqual(text) ? number : nil
    }

    private func isName(_ name: [UInt8]) -> Bool {
        String(decoding: name, as: UTF8.self).wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,31}/.asciiOnlyCharacterClasses())
            != nil
    }

    private func isSubject(_ subject: [UInt8]) -> Bool {
        let text = String(decoding: subject, as: UTF8.self)
        return text.unicodeScalars.count <= 80 && !subject.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f }
    }
}
