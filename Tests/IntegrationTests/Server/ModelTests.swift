/// Random sessions against the model, with the whole of the server: forked sessions, gatekeeper, slapd, virtual time.

import Engine
import Posix
import SessionModel
import Testing
import Transcript

@Suite(.serialized) struct `Random sessions of the server` {
    private static let patient = ["login-timeout=168h", "idle-timeout=168h"]

    /// scripts/deep/model-test plays more: TWMAILER_MODEL_SEEDS=1-20 TWMAILER_MODEL_STEPS=10000.
    @Test(arguments: ModelSeeds.chosen(or: 1...3))
    func `hear what the model says`(seed: UInt64) throws {
        try withServer(Self.patient, frozen: true) { server in
            let found = try ModelRun.play(ModelSeeds.steps(or: 700), seed: seed, on: ServerUnderModel(server))
            if let found { Issue.record("TWMAILER_MODEL_SEEDS=\(seed), after \(found.steps.count) steps:\n\(found)") }
        }
    }
}

private final class ServerUnderModel: ModelledWorld {
    private let server: ServerWorld

    init(_ server: ServerWorld) { self.server = server }

    func connect(from address: UInt8) throws -> OwnedDescriptor {
        let socket = try Sockets.connect(
            TCPAddress("127.0.0.1", port: server.server.port)!, from: TCPAddress("127.0.0.\(address)", port: 0),
            nonblocking: false)
        try Sockets.sendAtOnce(socket.number)
        return socket
    }

    func advance(milliseconds: Int) { server.stage.clock.advance(by: .milliseconds(milliseconds)) }

    func restart() throws {
        server.server.kill()
        try server.start()
    }

    func killGatekeeper() throws {
        let gatekeeper = try #require(server.gatekeeper())
        try gatekeeper.send(signal: Signals.kill)
        try server.eventually("another gatekeeper runs") { server.gatekeeper().map { $0 != gatekeeper } ?? false }
    }
}
