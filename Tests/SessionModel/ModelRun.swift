/// Plays steps to a server and to the model, and shortens the list of a play in which they part.

package import Posix

/// A server in a world whose clock stands still between steps.
package protocol ModelledWorld: AnyObject {
    /// From 127.0.0.`address`.
    func connect(from address: UInt8) throws -> OwnedDescriptor
    func advance(milliseconds: Int)
    /// kill -9 and a new start; every connection is gone.
    func restart() throws
    /// kill -9 of the gatekeeper alone.
    func killGatekeeper() throws
}

package struct Divergence: Error, CustomStringConvertible {
    package let steps: [Step]
    package let expected: [UInt8]
    package let heard: [UInt8]

    package var description: String {
        let shown = { (bytes: [UInt8]) in String(decoding: bytes.prefix(300), as: UTF8.self).debugDescription }
        let list = steps.map(\.description).joined(separator: "\n")
        return "\(list)\n  expected \(shown(expected))\n  heard    \(shown(heard))"
    }
}

/// One server, its clients and the model, step by step. Each answer is heard before the next step is done.
package struct ModelRun {
    private let world: any ModelledWorld
    private var model = Model()
    private var clients: [Int: Client] = [:]
    private var played: [Step] = []

    private init(on world: any ModelledWorld) { self.world = world }

    /// As many random steps as asked for, or up to the first divergence.
    package static func play(_ count: Int, seed: UInt64, on world: any ModelledWorld) throws -> Divergence? {
        var (run, source) = (ModelRun(on: world), RandomSteps(seed: seed))
        while run.played.count < count {
            if let divergence = try run.play(source.next(run.model)) { return divergence }
        }
        return try run.end()
    }

    package static func play(_ steps: [Step], on world: any ModelledWorld) throws -> Divergence? {
        var run = ModelRun(on: world)
        for step in steps {
            if let divergence = try run.play(step) { return divergence }
        }
        return try run.end()
    }

    /// Leaves out what is not needed for a divergence, as far as so many plays, each in a fresh world, show it (ddmin).
    package static func shortened(
        _ found: Divergence, plays: Int,
        _ inFreshWorld: ((any ModelledWorld) throws -> Divergence?) throws -> Divergence?
    ) throws -> Divergence {
        var (best, left, size) = (found, plays, found.steps.count / 2)
        while size > 0, left > 0 {
            var (start, shrank) = (0, false)
            while start < best.steps.count, left > 0 {
                let fewer = Array(best.steps[..<start] + best.steps[min(start + size, best.steps.count)...])
                left -= 1
                if let still = try inFreshWorld({ try play(fewer, on: $0) }) {
                    (best, shrank) = (still, true)
                } else {
                    start += size
                }
            }
            if !shrank || size == 1 { size /= 2 }
        }
        return best
    }

    /// What nobody expected would still be unread.
    private mutating func end() throws -> Divergence? {
        for client in clients.keys.sorted() {
            if let divergence = try play(.quit(client)) { return divergence }
        }
        return nil
    }

    private mutating func play(_ step: Step) throws -> Divergence? {
        played.append(step)
        let expected = model.take(step)
        let heard = try perform(step, expected)
        return heard == expected ? nil : Divergence(steps: played, expected: expected, heard: heard)
    }

    private mutating func perform(_ step: Step, _ expected: [UInt8]) throws -> [UInt8] {
        switch step {
        case .advance(let milliseconds): world.advance(milliseconds: milliseconds)
        case .killGatekeeper:
            world.advance(milliseconds: 2000)
            try world.killGatekeeper()
        case .restart:
            clients = [:]
            try world.restart()
        case .connect(let number, let address):
            let rest = try clients.removeValue(forKey: number)?.leave()
            clients[number] = Client(try world.connect(from: address))
            return rest ?? []
        case .half(let number, let bytes, let reset):
            let client = try connected(number)
            clients[number] = nil
            try client.say(bytes)
            return try reset ? client.reset() : client.leave()
        case .quit(let number):
            let client = try connected(number)
            clients[number] = nil
            try client.say(step.bytes)
            return try client.hearToTheEnd()
        default:
            let client = try connected(step.client!)
            try client.say(step.bytes)
            return try client.hear(expected)
        }
        return []
    }

    private mutating func connected(_ number: Int) throws -> Client {
        if let client = clients[number] { return client }
        let client = Client(try world.connect(from: UInt8(number + 1)))
        clients[number] = client
        return client
    }
}

private final class Client {
    private let socket: OwnedDescriptor
    /// Real time without a byte after which nothing more is expected.
    private static let patience = Duration.seconds(30)

    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    func say(_ bytes: [UInt8]) throws { try writeAll(socket.number, bytes.span) }

    /// As much as shows whether it is what was expected.
    func hear(_ expected: [UInt8]) throws -> [UInt8] {
        var heard: [UInt8] = []
        while heard.count < expected.count, expected.starts(with: heard),
            let more = try next(expected.count - heard.count)
        {
            heard += more
        }
        return heard
    }

    func hearToTheEnd() throws -> [UInt8] {
        var heard: [UInt8] = []
        while heard.count < 1000, let more = try next(1000) { heard += more }
        return heard
    }

    func leave() throws -> [UInt8] {
        Sockets.finishWriting(socket.number)
        return try hearToTheEnd()
    }

    func reset() throws -> [UInt8] {
        try? Sockets.resetOnClose(socket.number)  // on a pair of local sockets the close says it all
        return []
    }

    /// Nil at the end of the input, and when nothing comes.
    private func next(_ count: Int) throws -> [UInt8]? {
        let deadline = Clock.system.now() + Client.patience
        guard try Clock.system.wait(for: .readable, on: socket.number, until: deadline) else { return nil }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = try read(socket.number, into: &buffer, at: 0..<count)
        return got == 0 ? nil : Array(buffer[..<got])
    }
}
