/// Plays the steps of a transcript: one thread, its connections, and the names in reach.

import Posix
import TestWorld
import Transcript

/// Why playing stopped.
enum Stop: Error {
    case failed(Failure)
    /// The world cannot do the step: the rest is not tested.
    case untested(String)
    case interrupted
    case broken(WorldFailure)
    /// The transcript itself is wrong.
    case fault(Place, String)
}

final class Player {
    let scene: Scene
    let network: Network
    var frames: [Frame]
    var macros: [String: Macro]
    /// The line of the transcript that is being played, and the macros inside.
    var place = Place(line: 0)
    var stepBegan = Clock.system.now()
    var openFlight: Connection?
    /// How often something was done that an `either` cannot take back.
    var effects = 0
    /// Inside so many `either`s with an alternative left to try.
    var alternatives = 0
    /// Others play at the same time: the world must not be changed.
    var isParallel = false

    init(_ scene: Scene, frames: [Frame], macros: [String: Macro]) {
        (self.scene, self.frames, self.macros) = (scene, frames, macros)
        network = Network(cancel: scene.options.cancel, slow: scene.options.slow)
    }

    var frame: Frame { frames[frames.count - 1] }
    var recorder: Recorder { scene.recorder }
    var timeout: Duration { (scene.transcript.header.timeout ?? scene.options.timeout) * scene.options.slow }

    /// The whole transcript, with what must hold at its end.
    func playTranscript() throws(Stop) {
        try play(scene.transcript.steps)
        try releaseFlight()
        try checkLeftovers()
        try noteDeviations(network.all)
        if let crash = scene.crash { throw fail(["the server lives on"], crash) }
    }

    func play(_ steps: [Step]) throws(Stop) {
        for step in steps { try play(step) }
    }

    private func play(_ step: Step) throws(Stop) {
        if frame.macro == nil { place = Place(line: step.line) }
        let outer = place
        if let macro = frame.macro {
            place.inside[place.inside.count - 1] = "\(macro.path):\(step.line), in do \(macro.name)"
        }
        defer { place = outer }
        stepBegan = Clock.system.now()
        switch step.action {
        case .blank, .comment: break
        case .clause(let id, let level, let words):
            recorder.begin(ClauseID(id, level), line: place.line, words: words)
            if !isParallel { (scene.tagged, scene.bytesAtTag) = (Clock.system.now(), network.bytesMoved) }
        case .setup, .given: recorder.begin(nil, line: place.line)
        case .send(let client, let sent): try send(frame.connection(client), sent)
        case .expect(let client, let optional, let expected):
            try releaseFlight()
            try expect(frame.connection(client), optional, expected)
        case .call(let name, let client, let arguments, let options):
            try call(name, client, arguments, options)
        case .define(let name, let parameters, let options, let given, let body):
            let macro = Macro(
                name: name, parameters: parameters, options: options, given: given, body: body, path: frame.macro?.path)
            macros[name] = macro
        case .bind(let name, let generator): frame.names[name] = try value(generator)
        case .repeated(let count, let body): try repeated(try number(count), body)
        case .parallel(let count, let body):
            try releaseFlight()
            try parallel(try number(count), body)
        case .unordered(let body):
            try releaseFlight()
            try unordered(body)
        case .either(let alternatives):
            try releaseFlight()
            try either(alternatives)
        case .world(let action):
            try releaseFlight()
            try world(action)
        }
    }

    private func repeated(_ count: Int, _ body: [Step]) throws(Stop) {
        let outer = frame.names["i"]
        defer { frame.names["i"] = outer }
        for round in 1...max(count, 1) where count > 0 {
            frame.names["i"] = .bytes(Array(String(round).utf8))
            try play(body)
        }
    }

    // MARK: Failing

    /// The failure of the current step.
    func fail(_ expected: [String], _ received: String, _ details: [String] = []) -> Stop {
        var details = details
        if alternatives == 0 {
            awaitCrash()
            details += allReceived()
        }
        let crash = scene.crash
        let clause = recorder.clause
        var failure = Failure(
            place: place, clause: clause, verdict: crash == nil ? .fail : .crash, expected: expected, received: received
        )
        (failure.words, failure.details) = (recorder.words, details)
        failure.after = Clock.system.now() - stepBegan
        failure.exchange = recorder.phase()
        failure.clock = scene.stage.clock.timeOfDay
        failure.server = crash ?? serverState()
        failure.log = scene.stage.lastLogLines(3)
        return .failed(failure)
    }

    /// What stands unread by now, where it is more than the line at hand.
    private func allReceived() -> [String] {
        let deadline = Clock.system.now() + .milliseconds(200)
        while Clock.system.now() < deadline,
            network.isHeldBack() || (try? pump(until: Clock.system.now())) == true
        {
            _ = try? pump(until: Clock.system.now() + .milliseconds(1))
        }
        return network.all.compactMap { connection in
            _ = connection.rest()
            let unread = connection.inbox.unread
            guard unread.dropLast().contains(10) else { return nil }
            return "S\(connection.label), all of it: \(Visible.line(unread, limit: 300))"
        }
    }

    /// A server that dies closes its connections a little before its end can be seen.
    func awaitCrash() {
        let deadline = Clock.system.now() + .milliseconds(500)
        while scene.server.isOurs, !scene.isStopped, scene.server.ended() == nil, Clock.system.now() < deadline {
            // Threads that end one by one are not at rest, and the last of them is not there.
            let processes = scene.server.tree.alive
            if !processes.isEmpty && Quiescence.holds(for: processes) { return }
            pauseBriefly(microseconds: 500)
        }
    }

    func fault(_ text: String) -> Stop { .fault(place, text) }

    private func serverState() -> String {
        if !scene.server.isOurs { return "attached, so not seen" }
        if scene.isStopped { return "stopped" }
        let tree = scene.server.tree
        let busy = tree.isBusy ? "busy" : "asleep"
        let count = tree.alive.count == 1 ? "1 process of" : "\(tree.alive.count) processes, the largest"
        return "alive and \(busy), \(count) \(tree.largestResident / 1_048_576) MiB"
    }
}
