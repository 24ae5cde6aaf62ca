/// Framer, body scanner and machine: any cut of the same bytes asks for the same, and each command has one reply.

import MailCore
import Posix

/// The first byte chooses a cut, the rest is what the client says.
func protocolFault(_ input: [UInt8]) -> String? {
    guard let seed = input.first else { return nil }
    let stream = expanded(input.dropFirst())
    let plain = plainEvents(stream)
    var cuts = Cuts(seed: seed)
    var played: [(String, [Event])] = [("whole", events(stream) { .max })]
    played.append(("cut by seed \(seed)", events(stream) { cuts.next() }))
    // The bytes one by one, where that is not too many.
    if stream.count < 10_000 { played.append(("single bytes", events(stream) { 1 })) }
    for (name, events) in played where events != plain {
        let place = zip(events, plain).prefix { $0 == $1 }.count
        return
            "\(name): event \(place) is \(events.dropFirst(place).first as Any), not \(plain.dropFirst(place).first as Any)"
    }
    return nil
}

/// So that a short input reaches the long limits: 0xf5, which no text holds, and n stand for 257 × n letters, three times.
private func expanded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var stream: [UInt8] = []
    var rest = bytes
    var runs = 0
    while let byte = rest.popFirst() {
        if byte == 0xf5, runs < 3, let count = rest.popFirst() {
            runs += 1
            stream += [UInt8](repeating: 0x78, count: 257 * Int(count))
        } else {
            stream.append(byte)
        }
    }
    return stream
}

/// What a session would do with the stream, each read giving as many bytes as `cut` says.
func events(_ stream: [UInt8], cut: () -> Int) -> [Event] {
    var framer = LineFramer()
    var machine = ServerMachine()
    var rest = stream[...]
    var events: [Event] = []
    var action = ServerMachine.Action.readLine
    func fill(_ framer: inout LineFramer) -> Bool {
        framer.fill { buffer, free in
            let count = min(rest.count, free.count, cut())
            buffer.replaceSubrange(free.prefix(count), with: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        } > 0
    }
    while true {
        switch action {
        case .readLine:
            switch framer.nextLine() {
            case .line(let line): action = machine.received(line)
            case .overflow: return events + [.overflow]
            case .needsInput:
                if !fill(&framer) { return events + [machine.isBetweenFrames ? .ended : .endedInFrame] }
            }
        case .reply(let reply):
            events.append(.reply(reply))
            action = machine.replied()
        case .authenticate(let user, let password):
            events.append(.login(user: user?.bytes, password: password?.bytes))
            action = machine.decided(isAccepted(user, password) ? .accepted : .refused)
        case .receiveBody(let envelope):
            var (scanner, text, ended) = (BodyScanner(), [UInt8](), false)
            while !ended {
                ended = framer.nextBlock(&scanner) { block in text.append(copying: block) }
                if !ended, !fill(&framer) { return events + [.endedInFrame] }
            }
            events.append(
                envelope.map {
                    .store(sender: $0.sender.bytes, receiver: $0.receiver.bytes, subject: $0.subject.bytes, text: text)
                } ?? .drop)
            action = machine.received(bodyStored: envelope != nil)
        case .list:
            events += [.list, .reply(.ok)]
            action = machine.replied()
        case .read(let number, _):
            events += [.read(number.value), .reply(.ok)]
            action = machine.replied()
        case .delete(let number, _):
            events += [.delete(number.value), .reply(.ok)]
            action = machine.replied()
        case .close: return events + [.closed]
        }
    }
}
