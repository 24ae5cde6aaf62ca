/// Deviations: what a server shows differently from the sheet, and which clause forbids it.

import Bytes

/// One thing that a server shows differently from the sheet.
package struct Deviation: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, CaseIterable, Codable {
        case greeting, statusText, lineEnd, nul, listLayout, readLayout, finalDot, quitText, closingText, emptyList,
            readStatus, words, noLineFeed, framing, mailboxName, textEnd
    }
    package var kind: Kind
    /// The first example met.
    package var shown: String
    package init(_ kind: Kind, _ shown: String) { (self.kind, self.shown) = (kind, shown) }

    /// The clause that forbids it. The reply is understood all the same, so that one fault does not become many.
    package var faultOf: String? {
        switch kind {
        // FRAME-3 tolerates text beside OK and ERR, never other words, a line without its end, or NULs, which are part of
        // no line.
        case .nul, .words, .noLineFeed: "FRAME-3"
        case .emptyList: "LIST-1"
        case .readStatus: "READ-1"
        default: nil
        }
    }

    package var title: String {
        switch kind {
        case .greeting: "text at connect"
        case .statusText: "text after OK or ERR"
        case .lineEnd: "a status without its bare line feed"
        case .nul: "NUL bytes beside a reply"
        case .listLayout: "LIST is decorated"
        case .readLayout: "READ shows other lines before the text"
        case .finalDot: "READ ends without a dot"
        case .quitText: "QUIT is answered"
        case .emptyList: "LIST without mail is no 0"
        case .readStatus: "READ shows the message without OK before it"
        case .closingText: "text instead of ERR before the connection is closed"
        case .words: "words instead of OK and ERR"
        case .noLineFeed: "a status without a line feed"
        case .framing: "its own framing; compare with your description"
        case .mailboxName: "LIST, READ or DEL wants the mailbox's name on a line of its own"
        case .textEnd: "READ adds to the text before its dot"
        }
    }

    /// Whether a clause about exact bytes sees it.
    package func concerns(_ clause: String) -> Bool {
        switch clause {
        case "FRAME-1": kind == .framing
        case "FRAME-3": ![.emptyList, .readStatus, .framing, .mailboxName, .textEnd].contains(kind)
        case "LIST-1", "READ-1", "DEL-1": kind == .mailboxName
        case "READ-5": [.readLayout, .finalDot, .textEnd].contains(kind)
        case "QUIT-2": kind == .quitText
        default: false
        }
    }
}

/// The deviations since the last `take()`; of each kind the first example.
struct Deviations {
    private var noted: [Deviation] = []

    mutating func note(_ kind: Deviation.Kind, _ shown: some Sequence<UInt8>) {
        if noted.contains(where: { $0.kind == kind }) { return }
        noted.append(Deviation(kind, Visible.line(Array(shown))))
    }

    mutating func noteEnd(of line: HeldBytes.Line) {
        switch line.end {
        case .lineFeed, .nul: break
        case .carriageReturn: note(.lineEnd, Array(line.text) + [13, 10])
        case .none: note(.lineEnd, line.text)
        }
    }

    mutating func take() -> [Deviation] {
        defer { noted = [] }
        return noted
    }
}
