/// Plays the steps of a transcript in one thread, and turns what is unmet into failures.

import Bytes
import Dialects
import Posix
import Results
import Transcript
import World

/// Belongs to one thread.
final class Interpreter {
    let performance: Performance
    let scope: Scope
    let wire: Wire
    let expectations: Expectations
    let recorder: Recorder
    private let worldSteps: WorldSteps
    private var stepBegan = Clock.system.now()
    /// Counts the actions that an `either` cannot take back.
    var effects = 0
    /// How many enclosing `either`s have another alternative to try.
    var alternatives = 0 { didSet { expectations.isTentative = alternatives > 0 } }
    /// Other runs of a `parallel` play at the same time, so no step may change the world.
    private let isParallel: Bool

    /// The clause of `[given CLAUSE]`, below it.
    private var sectionGiven: String?
    /// `do find` is being played.
    var finds = false

    init(_ performance: Performance, _ scope: Scope, isParallel: Bool = false) {
        (self.performance, self.scope, self.isParallel) = (performance, scope, isParallel)
        recorder = performance.recorder
        wire = Wire(
            performance.world, performance.options, segmentation: performance.segmentation,
            timeout: performance.transcript.header.timeout)
        expectations = Expectations(wire, scope, recorder)
        worldSteps = WorldSteps(performance, wire)
        wire.isJudging = true
        wire.judging = { [recorder] in recorder.clause?.id }
    }

    var world: World { performance.world }

    /// Plays the whole transcript, and checks what must hold at its end.
    func playTranscript() throws(Stop) {
        try play(performance.transcript.steps)
        try judged { () throws(Stop) in
            try wire.releaseFlight()
            try expectations.checkLeftovers()
            try expectations.noteDeviations(wire.network.all)
            if let crash = performance.crash { throw .unmet(["the server lives on"], crash) }
        }
    }

    /// One run of a `parallel`.
    func playRun(_ body: [Step]) throws(Stop) {
        try play(body)
        try judged { () throws(Stop) in
            try wire.releaseFlight()
            try expectations.close(scope.frame)
        }
    }

    func play(_ steps: [Step]) throws(Stop) {
        for step in steps { try play(step) }
    }

    private func play(_ step: Step) throws(Stop) {
        if scope.frame.macro == nil { scope.place = Place(line: step.line) }
        let outer = scope.place
        if let macro = scope.frame.macro {
            scope.place.inside[scope.place.inside.count - 1] = "\(macro.path):\(step.line), in do \(macro.name)"
        }
        defer { scope.place = outer }
        stepBegan = Clock.system.now()
        try judged { () throws(Stop) in try perform(step) }
    }

    private func perform(_ step: Step) throws(Stop) {
        let frame = scope.frame
        switch step.action {
        case .blank, .comment: break
        case .clause(let id, let level, let words):
            recorder.begin(ClauseID(id, level), line: scope.place.line, words: words)
            sectionGiven = nil
            if !isParallel { performance.passTag(bytesMoved: wire.network.bytesMoved) }
        case .setup, .given:
            recorder.begin(nil, line: scope.place.line)
            if case .given(let id, _) = step.action { sectionGiven = id } else { sectionGiven = nil }
        case .send(let client, let sent): try send(frame.connection(client), sent)
        case .expect(let client, let optional, let expected):
            try wire.releaseFlight()
            try expectations.expect(frame.connection(client), optional, expected)
        case .call(let name, let client, let arguments, let options):
            try call(name, client, arguments, options)
        case .define(let name, let parameters, let options, let given, let body):
            let macro = Macro(
                name: name, parameters: parameters, options: options, given: given, body: body, path: frame.macro?.path)
            scope.define(macro)
        case .bind(let name, let generator): frame.names[name] = try scope.value(generator)
        case .repeated(let count, let body): try repeated(try scope.number(count), body)
        case .parallel(let count, let body):
            try wire.releaseFlight()
            try parallel(try scope.number(count), body)
        case .unordered(let body):
            try wire.releaseFlight()
            try unordered(body)
        case .either(let alternatives):
            try wire.releaseFlight()
            try either(alternatives)
        case .world(let action):
            try wire.releaseFlight()
            if isParallel { throw scope.fault("the world cannot be changed inside parallel") }
            effects += 1
            try worldSteps.play(action, line: scope.place.line, in: frame)
        }
    }

    private func repeated(_ count: Int, _ body: [Step]) throws(Stop) {
        let frame = scope.frame
        let outer = frame.names["i"]
        defer { frame.names["i"] = outer }
        for round in 1...max(count, 1) where count > 0 {
            frame.names["i"] = .bytes(Array(String(round).utf8))
            try play(body)
        }
    }

    // MARK: Failing

    /// Turns an `.unmet` of `body` into a failure of the current clause, at the line being played.
    func judged(_ body: () throws(Stop) -> Void) throws(Stop) {
        do {
            try body()
        } catch {
            guard case .unmet(let unmet) = error else { throw error }
            throw fail(unmet)
        }
    }

    /// The failure of the current step.
    func fail(_ unmet: Unmet) -> Stop {
        if alternatives == 0, let reason = expectations.notUnderstood { return .untested(reason) }
        var details = unmet.details
        if alternatives == 0 {
            awaitCrash()
            details += allReceived()
        }
        let crash = performance.crash
        if crash == nil { details += Crash.told(world.crashes(), log: world.stage.lastLogLines(200)) }
        var failure = Failure(
            place: unmet.place ?? scope.place, clause: recorder.clause, verdict: crash == nil ? .fail : .crash,
            expected: unmet.expected, received: unmet.received)
        (failure.words, failure.details) = (recorder.words, details)
        failure.needs = needs
        if alternatives == 0 {
            let signals = performance.crashSignals
            failure.observations = observations(unmet, signals: signals, hasEnded: crash != nil)
            failure.suspects = suspects(unmet, failure.observations)
        }
        failure.after = Clock.system.now() - stepBegan
        failure.exchange = recorder.phase()
        failure.clock = world.stage.clock.timeOfDay
        failure.server = crash ?? serverState()
        failure.log = world.stage.lastLogLines(3)
        return .failed(failure)
    }

    /// The foundations that the step at hand uses besides the clause that it is judged by.
    private var needs: [String] {
        var found = [sectionGiven, finds ? "READ-1" : nil].compactMap(\.self)
        found += scope.frames.reversed().compactMap { $0.macro?.given }
        if wire.network.all.count(where: { $0.socket != nil && !$0.inbox.hasEnded }) > 1 { found.append("CONC-1") }
        if wire.network.all.contains(where: { $0.inbox.hasEnded }) { found.append("PROC-2") }
        if performance.wasRestarted { found.append("PROC-3") }
        return found.filter { $0 != recorder.clause?.id }
    }

    /// For reports: everything unread, on connections where that is more than one line.
    private func allReceived() -> [String] {
        let deadline = Clock.system.now() + .milliseconds(200)
        while Clock.system.now() < deadline,
            wire.network.isHeldBack() || (try? wire.pump(until: Clock.system.now())) == true
        {
            _ = try? wire.pump(until: Clock.system.now() + .milliseconds(1))
        }
        return wire.network.all.compactMap { connection in
            _ = connection.rest()
            let unread = connection.inbox.unread
            guard unread.dropLast().contains(10) else { return nil }
            return "S\(connection.label), all of it: \(Visible.line(unread, limit: 300))"
        }
    }

    /// A dying server closes its connections shortly before its end can be seen, so this waits a moment for the end.
    private func awaitCrash() {
        let deadline = Clock.system.now() + .milliseconds(500)
        while world.server.isOurs, !world.isStopped, world.server.ended() == nil, Clock.system.now() < deadline {
            // While its threads end one by one, the server is not at rest; after the last one, `alive` is empty.
            let processes = world.server.tree.alive
            if !processes.isEmpty && Quiescence.holds(for: processes) { return }
            pauseBriefly(microseconds: 500)
        }
    }

    private func serverState() -> String {
        if !world.server.isOurs { return "attached, so not seen" }
        if world.isStopped { return "stopped" }
        let tree = world.server.tree
        let busy = tree.isBusy ? "busy" : "asleep"
        let count = tree.alive.count == 1 ? "1 process of" : "\(tree.alive.count) processes, the largest"
        return "alive and \(busy), \(count) \(tree.largestResident / 1_048_576) MiB"
    }
}
