import Logging
import Posix
import Synchronization
import Testing
import Transcript

@testable import EventLog

@Suite struct EventLogTests {
    private final class Sink: Sendable {
        let lines = Mutex<[String]>([])
    }

    private func logged(_ format: EventLog.Format, level: Logger.Level = .info, _ body: (Logger) -> Void) -> [String] {
        let sink = Sink()
        body(
            EventLog.logger(level: level, format: format, clock: .system) { bytes in
                sink.lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            })
        return sink.lines.withLock { $0 }
    }

    @Test func `an event is one line with its fields in order`() {
        let lines = logged(.text) { $0.notice("login-ok", metadata: ["user": "alice", "ip": "127.0.0.1", "pid": "7"]) }
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix("Z notice ev=login-ok ip=127.0.0.1 pid=7 user=alice\n"))
    }

    @Test func `a client cannot forge a line or reach the terminal`() {
        let lines = logged(.text) { $0.info("x", metadata: ["user": "a\u{1b}[2J ev=login-ok\nuser=root\\é"]) }
        #expect(lines[0].contains("user=a\\x1b[2J\\x20ev\\x3dlogin-ok\\x0auser\\x3droot\\x5c\\xc3\\xa9\n"))
        #expect(lines[0].utf8.filter { $0 < 0x20 }.count == 1)
    }

    @Test func `a long value is cut at 256 bytes, never inside an escape`() {
        let lines = logged(.text) { $0.info("x", metadata: ["v": "\(String(repeating: "é", count: 400))"]) }
        let value = lines[0].split(separator: "v=").last!.dropLast()
        #expect(value.utf8.count == 256 && value.hasSuffix("\\xa9"))
    }

    @Test func `JSON lines quote what they must`() {
        let lines = logged(.json) { $0.info("x", metadata: ["pid": "1", "v": "say \"hi\"\n"]) }
        #expect(lines[0].hasSuffix(#""level":"info","ev":"x","pid":"1","v":"say \"hi\"\\x0a"}"# + "\n"))
    }

    @Test func `what is below the level is not written`() {
        #expect(logged(.text, level: .warning) { $0.info("x") }.isEmpty)
    }

    @Test func `a log that is stuck is waited for once, and what gets through next says that lines were lost`() {
        let sink = Sink()
        let patience = Mutex<[Duration]>([])
        let isStuck = Mutex(false)
        let output = LogOutput { line, time in
            patience.withLock { $0.append(time) }
            if isStuck.withLock({ $0 }) { return false }
            sink.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            return true
        }
        let log = EventLog.logger(level: .info, format: .text, clock: .system, output)
        log.info("first")
        isStuck.withLock { $0 = true }
        for _ in 1...3 { log.info("lost") }
        isStuck.withLock { $0 = false }
        log.info("next")
        log.info("last")
        let events = sink.lines.withLock { $0.map { $0.split(separator: " ")[2] } }
        #expect(events == ["ev=first", "ev=log-lost", "ev=next", "ev=last"])
        let second = Duration.seconds(1)
        #expect(patience.withLock { $0 } == [second, second, .zero, .zero, .zero, second, second])
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
        (1_795_345_445, "2026-11-22T11:04:05.000Z"), (-1, "1969-12-31T23:59:59.000Z"),
    ])
    func `times are UTC dates`(seconds: Int, text: String) {
        #expect(timestamp(.seconds(seconds)) == text)
    }
}
