/// What a user sees of LIST, READ, SEND and DEL.

package import MailCore

package enum Rendering: Sendable {
    /// For a person: nothing in it steers the terminal.
    case shown
    /// One JSON object a line.
    case json
    /// The bytes as they came.
    case raw
}

/// Numbers and subjects, aligned.
package func printList(
    of mail: inout MailSession, _ rendering: Rendering, to output: inout Output
) throws(ClientFailure) {
    var width = 0
    try mail.list { (part) throws(ClientFailure) in
        switch part {
        case .count(let count):
            width = "\(count)".utf8.count
            if count == 0, rendering == .shown, output.isTerminal { try output.write("no messages\n") }
        case .subject(let number, let subject):
            let digits = "\(number.value)"
            if rendering == .json {
                try output.write("{\"number\":\(digits),\"subject\":\"")
                try output.write(Sanitiser.shown(subject, .json))
                try output.write("\"}\n")
            } else {
                try output.write(String(repeating: " ", count: max(0, width - digits.utf8.count)) + digits + "  ")
                try output.write(rendering == .raw ? subject : Sanitiser.shown(subject))
                try output.write("\n")
            }
        }
    }
    try output.flush()
}

/// The head and the text; `.raw` is the text alone.
package func printMessage(
    _ number: MessageNumber, of mail: inout MailSession, _ rendering: Rendering, to output: inout Output,
    progress: inout Progress
) throws(ClientFailure) {
    defer { progress.end() }
    var sanitiser = Sanitiser(rendering == .json ? .json : .terminal)
    let isThere = try mail.read(number) { (part) throws(ClientFailure) in
        switch part {
        case .header(let header, let line):
            try printHeader(header, line, number, rendering, to: &output)
            if rendering == .json, header == .subject { try output.write(",\"body\":\"") }
        case .text(let bytes):
            progress.advance(by: bytes.count)
            if rendering == .raw {
                try output.write(bytes)
            } else {
                try output.add { sanitiser.show(bytes, into: &$0) }
            }
        }
    }
    progress.end()
    guard isThere else { throw noMessage(number) }
    if rendering != .raw { try output.add { sanitiser.finish(into: &$0) } }
    if rendering == .json { try output.write("\"}\n") }
    try output.flush()
}

/// The exact text into a file, which appears only when it is whole.
package func saveMessage(
    _ number: MessageNumber, of mail: inout MailSession, as path: String, _ rendering: Rendering,
    to output: inout Output, progress: inout Progress
) throws(ClientFailure) {
    defer { progress.end() }
    let file = try SavedFile.begin(path)
    var size = 0
    let isThere: Bool
    do {
        isThere = try mail.read(number) { (part) throws(ClientFailure) in
            switch part {
            case .header(let header, let line):
                if rendering == .json { try printHeader(header, line, number, .json, to: &output) }
            case .text(let bytes):
                try file.write(bytes)
                size += bytes.count
                progress.advance(by: bytes.count)
            }
        }
    } catch {
        guard case .failed(let status, let words) = error, status != .cannotWrite else { throw error }
        throw .failed(status, "\(words); \(excerpt(of: path.utf8)) was not written")
    }
    progress.end()
    guard isThere else { throw noMessage(number) }
    try file.finish()
    if rendering == .json {
        try output.write(",\"bytes\":\(size),\"file\":\"")
        try output.write(Sanitiser.shown(path.utf8, .json))
        try output.write("\"}\n")
    } else {
        try output.write("message \(number.value): \(size) bytes in ")
        try output.write(Sanitiser.shown(path.utf8) + [UInt8(ascii: "\n")])
    }
    try output.flush()
}

package func sendMessage(
    to receiver: Username, _ subject: Subject, _ body: borrowing Body, of mail: inout MailSession,
    _ rendering: Rendering, to output: inout Output, progress: inout Progress
) throws(ClientFailure) {
    defer { progress.end() }
    let size = try mail.send(to: receiver, subject, body) { progress.advance(by: $0) }
    progress.end()
    let words = "{\"receiver\":\"\(receiver)\",\"bytes\":\(size),\"sent\":true}"
    try output.write(rendering == .json ? words + "\n" : "sent to \(receiver): \(size) bytes\n")
    try output.flush()
}

/// Deletes in the order given. Numbers without a message do not stop it; the failure names them.
package func deleteMessages(
    _ numbers: [MessageNumber], of mail: inout MailSession, _ rendering: Rendering, to output: inout Output
) throws(ClientFailure) {
    var missing: [String] = []
    for number in numbers {
        if try mail.delete(number) {
            let words = "{\"number\":\(number.value),\"deleted\":true}"
            try output.write(rendering == .json ? words + "\n" : "message \(number.value) deleted\n")
            try output.flush()
        } else {
            missing.append("\(number.value)")
        }
    }
    if missing.isEmpty { return }
    let words = "there is no message \(missing.joined(separator: ", ")); list shows the numbers"
    throw .failed(.noSuchMessage, words)
}

private func printHeader(
    _ header: ReplyReader.Header, _ line: [UInt8], _ number: MessageNumber, _ rendering: Rendering,
    to output: inout Output
) throws(ClientFailure) {
    switch rendering {
    case .raw: return
    case .json:
        let key =
            switch header {
            case .sender: "{\"number\":\(number.value),\"sender\""
            case .receiver: ",\"receiver\""
            case .subject: ",\"subject\""
            }
        try output.write("\(key):\"")
        try output.write(Sanitiser.shown(line, .json))
        try output.write("\"")
    case .shown:
        try output.write(header == .sender ? "From: " : header == .receiver ? "To: " : "Subject: ")
        try output.write(Sanitiser.shown(line))
        try output.write(header == .subject ? "\n\n" : "\n")
    }
}

private func noMessage(_ number: MessageNumber) -> ClientFailure {
    .failed(.noSuchMessage, "there is no message \(number.value); list shows the numbers")
}
