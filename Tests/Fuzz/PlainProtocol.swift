/// The protocol once more, written as plainly as it can be over a whole stream, to compare framer and machine with.

import MailCore

/// What is asked for and answered, in order.
enum Event: Equatable {
    case login(user: [UInt8]?, password: [UInt8]?)
    case store(sender: [UInt8], receiver: [UInt8], subject: [UInt8], text: [UInt8])
    case drop
    case list, read(Int), delete(Int)
    case reply(Reply)
    case closed, overflow, ended, endedInFrame
}

/// The right password begins with y: so the fuzzer finds it.
func isAccepted(_ user: Username?, _ password: Password?) -> Bool { user != nil && password?.bytes.first == 0x79 }

/// docs/PROTOCOL.md, section by section, without buffers, cuts or states.
func plainEvents(_ stream: [UInt8]) -> [Event] {
    var reader = PlainReader(stream: stream)
    var events: [Event] = []
    var user: Username?
    while true {
        guard let line = reader.line() else {
            return events + [reader.isOverflow ? .overflow : .ended]
        }
        let verb = line.count > 1024 ? "" : String(decoding: line, as: UTF8.self)
        guard let count = ["LOGIN": 2, "SEND": 2, "READ": 1, "DEL": 1, "LIST": 0, "QUIT": 0][verb] else {
            events.append(.reply(.err))
            continue
        }
        if verb == "QUIT" { return events + [.closed] }
        var arguments: [[UInt8]?] = []
        while arguments.count < count {
            guard let line = reader.line() else { return events + [reader.isOverflow ? .overflow : .endedInFrame] }
            arguments.append(line.count > 1024 ? nil : line)
        }
        switch verb {
        case "LOGIN" where user == nil:
            let (name, password) = (arguments[0].flatMap(Username.init), arguments[1].flatMap(Password.init))
            events.append(.login(user: name?.bytes, password: password?.bytes))
            if isAccepted(name, password) { user = name }
            events.append(.reply(user == nil ? .err : .ok))
        case "SEND":
            guard let text = reader.text() else { return events + [.endedInFrame] }
            if let user, let receiver = arguments[0].flatMap(Username.init),
                let subject = arguments[1].flatMap(Subject.init)
            {
                events.append(
                    .store(sender: user.bytes, receiver: receiver.bytes, subject: subject.bytes, text: text))
                events.append(.reply(.ok))
            } else {
                events += [.drop, .reply(.err)]
            }
        case "LIST" where user != nil: events += [.list, .reply(.ok)]
        case "READ", "DEL":
            guard user != nil, let number = arguments[0].flatMap(PlainReader.number) else {
                events.append(.reply(.err))
                continue
            }
            events += [verb == "READ" ? .read(number) : .delete(number), .reply(.ok)]
        default: events.append(.reply(.err))
        }
    }
}

private struct PlainReader {
    let stream: [UInt8]
    var position = 0
    /// The last line that was asked for was too long to wait for its end.
    var isOverflow = false

    init(stream: [UInt8]) { self.stream = stream }

    mutating func line() -> [UInt8]? {
        let end = stream[position...].firstIndex(of: 0x0a)
        isOverflow = (end ?? stream.count) - position >= 65_536
        guard let end, !isOverflow else { return nil }
        defer { position = end + 1 }
        return Array(stream[position..<end])
    }

    /// Through the line that is exactly a dot.
    mutating func text() -> [UInt8]? {
        let start = position
        while let end = stream[position...].firstIndex(of: 0x0a) {
            let isDot = stream[position..<end].elementsEqual([0x2e])
            position = end + 1
            if isDot { return Array(stream[start..<position]) }
        }
        return nil
    }

    static func number(_ bytes: [UInt8]) -> Int? {
        let digits = bytes.allSatisfy { (0x30...0x39).contains($0) }
        guard digits, bytes.count <= 18, let number = Int(String(decoding: bytes, as: UTF8.self)) else { return nil }
        return bytes.first == 0x30 ? nil : number
    }
}
