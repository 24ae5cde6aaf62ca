/// A session's lines in the log, each with the client's address and user.

import Logging
import MailCore

/// Who the client is, is put into words only when a line is written: most sessions write none, and the words would
/// cost a child more memory pages of its own than all the rest of its log.
struct SessionLog {
    private let world: SessionWorld
    private let address: ClientAddress
    var user: Username?

    init(_ world: SessionWorld, of address: ClientAddress) {
        self.world = world
        self.address = address
    }

    func debug(_ event: Logger.Message, metadata: @autoclosure () -> Logger.Metadata = [:]) {
        write(.debug, event, metadata)
    }

    func info(_ event: Logger.Message, metadata: @autoclosure () -> Logger.Metadata = [:]) {
        write(.info, event, metadata)
    }

    func notice(_ event: Logger.Message, metadata: @autoclosure () -> Logger.Metadata = [:]) {
        write(.notice, event, metadata)
    }

    func error(_ event: Logger.Message, metadata: @autoclosure () -> Logger.Metadata = [:]) {
        write(.error, event, metadata)
    }

    private func write(_ level: Logger.Level, _ event: Logger.Message, _ metadata: () -> Logger.Metadata) {
        guard level >= world.logLevel else { return }
        var fields = metadata()
        fields["ip"] = "\(address)"
        if let user { fields["user"] = "\(user)" }
        world.log.log(level: level, event, metadata: fields)
    }
}
