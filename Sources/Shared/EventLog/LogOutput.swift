/// Where lines go, and that some did not get there.

import Posix
import Synchronization
import SystemPackage

/// Nobody waits long for a log that nobody reads: once a line has been lost none is waited for, and the next that gets
/// through comes behind a line that says so.
final class LogOutput: Sendable {
    /// Puts out a whole line, or nothing, within the time; false when it could not.
    typealias Put = @Sendable (_ line: [UInt8], _ patience: Duration) -> Bool

    private static let patience = Duration.seconds(1)
    private let put: Put
    private let hasLost = Atomic(false)

    init(_ put: @escaping Put) { self.put = put }

    /// - Parameter notice: the line that says that others were lost.
    func write(_ line: [UInt8], notice: () -> [UInt8]) {
        if hasLost.load(ordering: .relaxed) {
            guard put(notice(), .zero) else { return }
            hasLost.store(false, ordering: .relaxed)
        }
        if !put(line, LogOutput.patience) { hasLost.store(true, ordering: .relaxed) }
    }

    /// To standard error, after `keepStandardErrorFromBlocking`.
    static let standardError = {
        let output = StandardError.examined()
        return LogOutput { line, patience in
            do throws(Errno) {
                try output.write(line)
                return true
            } catch {
                guard error == .wouldBlock, patience > .zero else { return false }
                let deadline = Clock.system.now() + patience
                guard (try? Clock.system.wait(for: .writable, on: 2, until: deadline)) == true else { return false }
                return (try? output.write(line)) != nil
            }
        }
    }()
}
