/// The gatekeeper's executable: started by twmailer-server with its descriptors, or by itself as a worker.

import EventLog
import Gatekeeper
import LDAPBind
import Logging
import MailCore
import Options
import Posix

@main struct Main {
    /// sysexits.h
    private static let usage: Int32 = 64
    private static let unavailable: Int32 = 69
    private static let cannotCreate: Int32 = 73
    private static let temporaryFailure: Int32 = 75
    private static let configuration: Int32 = 78

    /// The first argument of a worker; no option, because nobody but the gatekeeper uses it.
    private static let worker = "--worker"

    private static let lifelineNumber: Int32 = 4

    static func main() {
        openStandardDescriptors()
        Signals.unblock()
        forbidDumps()  // LOGIN-13
        forbidNewPrivileges()
        Signals.turnIntoErrors()
        // It ends with its supervisor also where it hangs and does not notice the lifeline's end: the next server needs
        // the lock.
        dieWithParent(.parent)
        if lifelineHasEnded() { exitNow(0) }
        // The terminal's and the service manager's signals go to the whole group. The supervisor decides when
        // sessions need no more verdicts, and ends the lifeline.
        Signals.ignoreRequestsToEnd()
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isWorker = arguments.first == worker
        if isWorker { arguments.removeFirst() }
        do {
            switch try GatekeeperOptions.commandLine.parse(arguments) {
            case .show(let text): try writeAll(1, Array(text.utf8).span)
            case .run(let parsed):
                let options = try GatekeeperOptions(parsed)
                if parsed.flag("check") {
                    try check(options)
                } else if parsed.flag("check-state") {
                    let found = try StateExamination(path: options.state, clock: options.clock, rules: options.rules)
                    let lines = [found.summary] + found.notes
                    try writeAll(1, Array(lines.map { $0 + "\n" }.joined().utf8).span)
                } else if isWorker {
                    work(options)
                } else {
                    try serve(options, arguments)
                }
            }
        } catch let error as UsageError {
            end(usage, error.description)
        } catch GatekeeperOptions.Unusable.because(let reason) {
            end(configuration, reason)
        } catch let error as DirectoryFailure {
            end(configuration, error.text)
        } catch StateFolder.Failure.inUse(let path) {
            end(temporaryFailure, "\(path) is in use by another gatekeeper")
        } catch StateFolder.Failure.unusable(let path, let reason) {
            end(cannotCreate, "\(path) cannot be used: \(reason)")
        } catch {
            end(cannotCreate, "\(error)")
        }
    }

    /// libldap may wait for ever for a server that has gone mute, so a signal ends what takes too long.
    private static func check(_ options: GatekeeperOptions) throws {
        endAfter(seconds: Int(options.timeout.components.seconds) + 1)
        try DirectoryConnection.check(options.directory)
        do {
            _ = try DirectoryConnection.open(options.directory)
        } catch {
            end(unavailable, "\(options.directory.url): \(error.text)")
        }
        let how = if case .never = options.directory.encryption { "unencrypted" } else { "encrypted" }
        try writeAll(1, Array("\(options.directory.url) answers, \(how)\n".utf8).span)
    }

    /// The parent that `dieWithParent` saw may have been another than the supervisor, which had died by then.
    private static func lifelineHasEnded() -> Bool {
        var lifeline = [PollEntry(lifelineNumber, [])]
        _ = try? Clock.system.poll(&lifeline, until: .zero)
        return lifeline[0].ready.contains(.hangUp)
    }

    /// Descriptors: 3 the door, 4 the lifeline, on which the first byte says that everything is ready.
    private static func serve(_ options: GatekeeperOptions, _ arguments: [String]) throws {
        let door = OwnedDescriptor(owning: 3)
        let lifeline = OwnedDescriptor(owning: lifelineNumber)
        do {
            try door.setInherited(false)
            try lifeline.setInherited(false)
        } catch {
            throw UsageError("only twmailer-server starts it, because it needs descriptors 3 and 4")
        }
        try DirectoryConnection.check(options.directory)
        let log = options.logger
        var policy = BanPolicy(rules: options.rules)
        let state = try StateFolder.open(path: options.state, clock: options.clock, log: log, restoring: &policy)
        // A worker opens the clock page anew.
        try Confinement.changing(only: [options.state] + options.clockPage).enter()
        try writeAll(lifeline.number, [1].span)
        var gatekeeper = Gatekeeper(
            .init(door: door, lifeline: lifeline), state: state, policy: policy,
            workers: .init(program: "/proc/self/exe", arguments: [worker] + arguments),
            timeout: options.timeout, clock: options.clock, log: log)
        try gatekeeper.run()
    }

    private static func work(_ options: GatekeeperOptions) {
        do { try Confinement.changing(only: []).enter() } catch { exitNow(cannotCreate) }
        var worker = DirectoryWorker(options.directory, clock: options.clock, log: options.logger)
        worker.run(jobs: 3)
    }

    private static func end(_ code: Int32, _ reason: String) -> Never {
        try? StandardError.examined().write(Array("twmailer-gatekeeper: \(reason)\n".utf8))
        exitNow(code)
    }
}
