/// Reads the command line, runs the command, ends with its status.

import MailClient
import MailCore
import Options
import Posix

@main struct Main {
    static func main() {
        openStandardDescriptors()
        forbidDumps()
        do {
            switch try Command.spec.parse(processArguments()) {
            case .show(let text): try writeAll(1, Array(text.utf8).span)
            case .run(let options): exitNow(try Run(options).run().rawValue)
            }
        } catch let error as UsageError {
            fail(.usage, error.description)
        } catch ClientFailure.failed(let status, let words) {
            fail(status, words)
        } catch ClientFailure.interrupted(let signal) {
            // Everything is put back; a shell wants to see the signal itself.
            Signals.restoreDefault([signal])
            try? ProcessID.current.send(signal: signal)
            exitNow(128 + signal)
        } catch {
            fail(.cannotWrite, "\(error)")
        }
    }

    static func fail(_ status: ExitStatus, _ words: String) -> Never {
        try? writeAll(2, Array("twmailer-client: \(words)\n".utf8).span)
        exitNow(status.rawValue)
    }
}
