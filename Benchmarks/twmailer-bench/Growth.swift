/// How cost grows with what there is: mail in a mailbox, length of a message, sessions, bans and counters.

import MailCore
import Posix
import World

/// One quantity and what an operation costs at several sizes of it.
struct Growth {
    let title: String
    let kind: Kind
    var points: [(size: Int, milliseconds: Double)] = []
    /// The floor's, where the machine itself may be what grows.
    var floor: [(size: Int, milliseconds: Double)] = []

    enum Kind {
        /// Cost may grow as the size does: judged between the two largest, where nothing constant hides it.
        case linear
        /// Cost must not depend on the size: judged from the smallest to the largest.
        case independent

        /// With room for caches that overflow on the way.
        var bound: Double { self == .linear ? 1.2 : 0.2 }
    }

    /// The exponent, log(cost) over log(size): 1 is linear, 0 no dependence.
    var slope: Double { slope(of: points) }

    private func slope(of points: [(size: Int, milliseconds: Double)]) -> Double {
        guard points.count > 1, let last = points.last else { return .nan }
        let first = kind == .linear ? points[points.count - 2] : points[0]
        return logarithm(last.milliseconds / first.milliseconds) / logarithm(Double(last.size) / Double(first.size))
    }

    /// A line for each size.
    var json: String {
        points.map { "{\"growth\":\"\(title)\",\"size\":\($0.size),\"ms\":\($0.milliseconds)}\n" }.joined()
    }

    static func table(_ all: [Growth]) -> String {
        var lines = [
            "", "| growth | size: cost in ms | slope | bound | met | floor: cost in ms | floor: slope |",
            "|---|---|--:|--:|---|---|--:|",
        ]
        for growth in all {
            let (slope, bound) = (growth.slope, growth.kind.bound)
            let cells = [
                growth.title, text(growth.points), fixed(slope, 2), "≤ \(fixed(bound, 1))",
                slope <= bound ? "yes" : "**no**",
                text(growth.floor), growth.floor.isEmpty ? "" : fixed(growth.slope(of: growth.floor), 2),
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ points: [(size: Int, milliseconds: Double)]) -> String {
        points.map { "\($0.size): \(plain($0.milliseconds))" }.joined(separator: " · ")
    }
}

extension Measurements {

    func growth(_ server: Contender, floor: Contender) throws -> [Growth] {
        try [mailboxLists(server), mailboxSends(server), messageLengths(server, floor), openSessions(server)]
            + counters()
    }

    /// Opened anew for each LIST; the two largest are the boxes of the table.
    private func mailboxLists(_ server: Contender) throws -> Growth {
        var growth = Growth(title: "first LIST, mails in the mailbox", kind: .linear)
        for (user, mails) in [("dave", 10)] + Measurements.boxes {
            try fillUp(user, to: mails, server)
            let work = Workload(turns: [[[login(user), .list(listingOf(user, mails), isTimed: true), .quit]]])
            growth.points.append((mails, try time(server, work, turns: 15).value))
        }
        return growth
    }

    /// To mailboxes that hold so many already.
    private func mailboxSends(_ server: Contender) throws -> Growth {
        var growth = Growth(title: "SEND 1 KB, mails in the receiver's mailbox", kind: .independent)
        for (user, mails) in [("dave", 10)] + Measurements.boxes {
            let mail = Exchange.send(to: user, subject: "one more", text: mailText(1000))
            let work = Workload(opening: [[login(Measurements.name(1))]], turns: [[[mail]]])
            growth.points.append((mails, try time(server, work, turns: 40).value))
        }
        return growth
    }

    /// Beside the floor, size by size: what a disk and its cache make of long files is in both.
    private func messageLengths(_ server: Contender, _ floor: Contender) throws -> Growth {
        var growth = Growth(title: "SEND, bytes of the message", kind: .linear)
        let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] + (isFull ? [1_000_000_000] : [])
        for size in sizes {
            growth.floor.append((size, try sendingTime(size, floor)))
            growth.points.append((size, try sendingTime(size, server)))
        }
        return growth
    }

    /// Milliseconds.
    private func sendingTime(_ size: Int, _ server: Contender) throws -> Double {
        let work = sending(mailText(size), 1, series: "len\(size)", server)
        defer { for number in 0..<4 { try? removeTree("\(server.spool)/len\(size).\(number)") } }
        return try time(server, work, turns: size > 1_000_000 ? 3 : 40).value
    }

    /// A whole session while so many others are open and silent: processor time, for the machine is shared.
    private func openSessions(_ server: Contender) throws -> Growth {
        var growth = Growth(title: "session, others open (processor time)", kind: .independent)
        // Its answer says that the session is there.
        let unknown = Exchange(request: Array("X\n".utf8), reply: .bytes(Array("ERR\n".utf8)))
        for others in [1, 10, 100, 1000] + (isFull ? [5000] : []) {
            let clients = (0..<others).map { index in
                Client(server.server, from: Load.source(index + 60), opening: [unknown], turns: [[.quit]])
            }
            for client in clients { try finish(client) }
            let sample = try rate(server, sessions(10, server))
            for client in clients { try finish(client) }
            growth.points.append((others, sample.processor * 1000 / Double(max(1, sample.operations))))
        }
        return growth
    }

    private func finish(_ client: Client) throws {
        try client.start(at: Clock.system.now())
        while let need = try client.proceed() {
            _ = try Clock.system.wait(
                for: need == .readable ? .readable : .writable, on: client.descriptor,
                until: Clock.system.now() + .seconds(10))
        }
    }

    /// The policy itself, in this process: an attempt refused and one accepted, from addresses that nobody knows.
    private func counters() -> [Growth] {
        var charged = Growth(title: "LOGIN's policy, counters known", kind: .independent)
        var banned = Growth(title: "LOGIN's policy, addresses banned", kind: .independent)
        for count in [1, 64, 1024, 16_384, 60_000] {
            charged.points.append((count, policyCost(count, failures: 1)))
            banned.points.append((count, policyCost(count, failures: 3)))
        }
        return [charged, banned]
    }

    private func policyCost(_ count: Int, failures: Int) -> Double {
        var policy = BanPolicy(rules: BanRules())
        var next: UInt64 = 0
        func attempt(_ address: Int, accepted: Bool) {
            next += 1
            let bytes =
                [UInt8](repeating: 0, count: 10) + [255, 255, 10] + [16, 8, 0].map { UInt8(address >> $0 & 255) }
            let pair = LoginPair(address: ClientAddress(bytes)!, user: Username(Array("alice".utf8)))
            _ = policy.arrived(AttemptID(next), pair, asksDirectory: true, at: .seconds(1))
            _ = policy.directorySaid(accepted, to: AttemptID(next), at: .seconds(1))
        }
        for address in 0..<count { for _ in 0..<failures { attempt(address, accepted: false) } }
        // Processor time is told in hundredths of a second.
        let (start, rounds) = (Usage.ofProcess(.current, andChildren: false), 40_000)
        for round in 0..<rounds { attempt(1 << 20 | round, accepted: true) }
        return max(0.01, Usage.ofProcess(.current, andChildren: false) - start) * 1000 / Double(rounds)
    }

    private func fillUp(_ user: String, to mails: Int, _ server: Contender) throws {
        guard user == "dave" else { return }
        let mail = Exchange.send(to: user, subject: Measurements.subject, text: mailText(1000))
        let work = Workload(opening: [[login(Measurements.name(1))]], turns: [[[mail]]])
        _ = try Load(server: server.server, workload: work).run(turns: mails)
    }

    private func listingOf(_ user: String, _ mails: Int) -> [UInt8] {
        user == "dave"
            ? Array("\(mails)\n".utf8) + (0..<mails).flatMap { _ in Array((Measurements.subject + "\n").utf8) }
            : Mailboxes.listing(mails)
    }
}

/// The natural logarithm, by halving down to near 1 (Foundation is not linked for one function).
private func logarithm(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return .nan }
    let mantissa = value.significand
    let t = (mantissa - 1) / (mantissa + 1)
    var (term, sum, n) = (t, t, 3.0)
    while n < 60 {
        term *= t * t
        sum += term / n
        n += 2
    }
    return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
}
