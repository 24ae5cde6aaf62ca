/// twmailer-server: reads its options, takes port and spool, and hands over to the supervisor.

import EventLog
import Logging
import MailServer
import Options
import Posix
import Spool
import SystemPackage

@main struct Main {
    /// Bytes for each process, the gatekeeper too: ten times what the longest list takes, and no machine's memory.
    private static let memory: UInt64 = 1 << 30

    static func main() {
        openStandardDescriptors()
        closeInheritedDescriptors(from: 3)
        keepStandardErrorFromBlocking()
        Signals.unblock()
        Signals.restoreDefault([Signals.child])
        keepFilesPrivate()
        do {
            switch try ServerOptions.commandLine.parse(processArguments(), environment: processEnvironment()) {
            case .show(let text): try writeAll(1, Array(text.utf8).span)
            case .run(let parsed): try serve(ServerOptions(parsed))
            }
            exitNow(0)
        } catch {
            let failure = CannotStart(error)
            leave(failure.reason, status: failure.status)
        }
    }

    /// Takes first what may be refused, so that a start that fails changes nothing on disk.
    private static func serve(_ options: ServerOptions) throws {
        let gatekeeper = try programFolder() + "/twmailer-gatekeeper"
        guard isExecutable(gatekeeper) else {
            throw CannotStart(
                status: 78, "\(gatekeeper) is missing: build it (swift build) and keep it beside twmailer-server")
        }
        forbidDumps()  // LOGIN-13
        forbidNewPrivileges()
        #if !SANITIZED  // whose shadow of all memory counts as private memory
            ResourceLimit.memory.lower(to: Main.memory)
        #endif
        // The gatekeeper has a descriptor for each session that waits for its verdict.
        ResourceLimit.openFiles.raise(to: UInt64(options.limits.sessions) + 64)
        if options.isCheck { exitNow(Check.run(options, gatekeeper: gatekeeper)) }
        let log = EventLog.logger(level: options.logLevel, format: options.logFormat, clock: options.clock)
        let listener = try listen(options)
        let address = try Sockets.localAddress(listener.number)
        if let path = options.portFile {
            try announcing(path) { () throws(Errno) in try prepareToReplaceFile(at: path) }
        }
        let spool = try Spool.open(path: options.spool, clock: options.clock)
        let supervisor = try start(
            Supervisor.Setting(
                clock: options.clock, limits: options.limits, log: log, gatekeeperPath: gatekeeper,
                gatekeeperArguments: options.gatekeeperArguments, verdictTimeout: options.verdictTimeout,
                changes: options.changes),
            listener, spool, at: options.spool)
        if let path = options.portFile {
            // The file appears whole: who waits for it reads a port.
            let line = Array("\(address.port)\n".utf8)
            try announcing(path) { () throws(Errno) in try replaceFile(at: path, with: line.span) }
        }
        if options.clock.isVirtual { log.warning("virtual-time") }
        log.notice("listening", metadata: ["address": "\(address)", "version": "\(productVersion)"])
        // Like all of the log, it may be lost and ends nothing.
        if options.logFormat == .text { try? StandardError.examined().write(Array("listening on \(address)\n".utf8)) }
        try supervisor.run()
    }

    private static func start(
        _ setting: Supervisor.Setting, _ listener: consuming OwnedDescriptor, _ spool: Spool, at path: String
    ) throws -> Supervisor {
        do {
            return try Supervisor.start(setting, listener: listener, spool: spool)
        } catch {
            spool.abandon()
            switch error {
            case .gatekeeper(.exited(let status)): exitNow(status)  // It has said why.
            case .stopped: exitNow(0)
            case .gatekeeperHangs:
                throw CannotStart(
                    status: 71,
                    "the gatekeeper does not respond; it may be waiting for --ldap-ca-file or for the disk")
            case .gatekeeper(.killed(let signal)):
                throw CannotStart(status: 71, "signal \(signal) killed the gatekeeper")
            case .socket(let name, let error):
                throw CannotStart(status: 73, "cannot create \(path)/\(name): \(error)")
            case .system(let error): throw CannotStart(status: 71, "cannot start the gatekeeper: \(error)")
            }
        }
    }

    static func listen(_ options: ServerOptions) throws -> OwnedDescriptor {
        do {
            return try Sockets.listen(options.address)
        } catch {
            // A machine without IPv6 serves IPv4, unless IPv6 was asked for by name.
            let withoutIPv6 = error == .addressFamilyNotSupported || error == .addressNotAvailable
            if withoutIPv6, !options.isAddressGiven,
                let any = TCPAddress("0.0.0.0", port: options.address.port),
                let listener = try? Sockets.listen(any)
            {
                return listener
            }
            let advice =
                error == .addressInUse ? ": another program uses the port; stop it, or choose another port" : ""
            throw CannotStart(status: 69, "cannot listen on \(options.address): \(error)\(advice)")
        }
    }

    private static func announcing(_ path: String, _ step: () throws(Errno) -> Void) throws(CannotStart) {
        do {
            try step()
        } catch {
            throw CannotStart(status: 73, "--port-file: cannot write \(path): \(error)")
        }
    }

    private static func leave(_ message: String, status: Int32) -> Never {
        try? StandardError.examined().write(Array("twmailer-server: \(message)\n".utf8))
        exitNow(status)
    }
}

/// A reason not to start, in one line, and the exit status that goes with it (sysexits.h).
struct CannotStart: Error {
    let status: Int32
    let reason: String
    init(status: Int32, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    init(_ error: any Error) {
        switch error {
        case let failure as CannotStart: self = failure
        case let error as UsageError:
            let isSaid = error.description.contains("--help")
            self.init(status: 64, isSaid ? error.description : "\(error) (--help lists the options)")
        case let failure as SpoolFailure: self.init(status: failure.isInUse ? 75 : 73, "\(failure)")
        default: self.init(status: 71, "\(error)")
        }
    }
}
