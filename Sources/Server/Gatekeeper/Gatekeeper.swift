/// The gatekeeper's loop: sessions ask, workers answer, the policy decides, and time passes.

import EventLog
package import Logging
package import MailCore
package import Posix
package import SystemPackage

/// The one owner of attempts and bans, in one thread: nothing here waits but the loop itself (and the disk, when
/// a ban must be durable).
package struct Gatekeeper: ~Copyable {
    package struct Descriptors: ~Copyable {
        /// A listening Unix socket that keeps messages apart, non-blocking, shared with the supervisor.
        package let door: OwnedDescriptor
        /// Ends when the supervisor does; what comes by it is sent back, as a sign of life.
        package let lifeline: OwnedDescriptor

        package init(door: consuming OwnedDescriptor, lifeline: consuming OwnedDescriptor) {
            self.door = door
            self.lifeline = lifeline
        }
    }

    private let descriptors: Descriptors
    private let clock: Clock
    private let log: Logger
    private let timeout: Duration
    private var state: StateFolder
    private var policy: BanPolicy
    private var workers: WorkerPool

    /// Connected sessions that have not said anything yet.
    private var visitors: [Visitor] = []
    private var requests: [AttemptID: LoginRequest] = [:]
    private var arrivals: UInt64 = 0
    /// No request is older than this one, which may have been answered.
    private var oldest: UInt64 = 1
    /// What the directory is to be asked; answered ones are passed over.
    private var jobs = Turns()
    /// Of a session's socket: a number is the lowest that is free (open(2)), and bans and workers need some yet.
    private let lastNumber: Int32
    /// The last to be let in got such a number, so there is a look before the next.
    private var mayBeFull = false
    /// Out of descriptors: the door is left alone until then (real time), or it would be looked at without end.
    private var pausedUntil: Duration?
    private var rareLines = RareLines()

    /// - Parameter timeout: for a verdict, from the arrival of the attempt, waiting included.
    package init(
        _ descriptors: consuming Descriptors, state: consuming StateFolder, policy: BanPolicy, workers: Workers,
        timeout: Duration, clock: Clock, log: Logger
    ) {
        self.descriptors = descriptors
        self.state = state
        self.policy = policy
        self.workers = WorkerPool(program: workers.program, arguments: workers.arguments, limit: Workers.limit)
        let numbers = ResourceLimit.openFiles.current
        lastNumber = Int32(clamping: numbers > 64 ? numbers - 32 : numbers / 2)
        self.timeout = timeout
        self.clock = clock
        self.log = log
    }

    /// Serves until the lifeline ends.
    package mutating func run() throws(Errno) {
        while true {
            let busy = workers.workers
            let waiting = visitors
            var entries = [PollEntry(descriptors.lifeline.number, .readable)]
            entries.append(PollEntry(pausedUntil == nil ? descriptors.door.number : -1, .readable))
            entries += busy.map { PollEntry($0.socket.number, .readable) }
            entries += waiting.map { PollEntry($0.socket.number, .readable) }
            // A pause ends though virtual time stands still; what falls due meanwhile is a moment late.
            _ = try (pausedUntil == nil ? clock : .system).poll(&entries, until: pausedUntil ?? nextDeadline())
            if let until = pausedUntil, Clock.system.now() >= until { pausedUntil = nil }
            if !entries[0].ready.isEmpty, !isStillWanted() { return }
            for (worker, entry) in zip(busy, entries[2...]) where !entry.ready.isEmpty { hear(worker) }
            for (visitor, entry) in zip(waiting, entries[(2 + busy.count)...]) where !entry.ready.isEmpty {
                visitors.removeAll { $0 === visitor }
                listen(to: visitor)
            }
            if !entries[1].ready.isEmpty { letIn() }
            expire()
            dispatch()
        }
    }

    /// Answers the supervisor's question whether this loop still turns; false when there is no supervisor any more.
    private func isStillWanted() -> Bool {
        var question: [UInt8] = [0]
        guard (try? read(descriptors.lifeline.number, into: &question, at: 0..<1)) == 1 else { return false }
        return (try? Sockets.send(descriptors.lifeline.number, question.span)) != nil
    }

    // MARK: Sessions

    private mutating func letIn() {
        do {
            while true {
                if mayBeFull { try makeRoom() }
                let socket = try Sockets.acceptLocally(descriptors.door.number)
                mayBeFull = socket.number >= lastNumber
                listen(to: Visitor(socket))
                dispatch()  // a worker asks while the next one is let in
            }
        } catch Errno.wouldBlock {
            return
        } catch {
            let now = Clock.system.now()
            pausedUntil = now + .milliseconds(100)
            rareLines.warn("gatekeeper-full", reason: "\(error)", at: now, log: log)
        }
    }

    /// Lets go of the sessions that have left while they waited; what they asked is carried out all the same (BAN-4).
    private func makeRoom() throws(Errno) {
        if try descriptors.door.duplicate().number < lastNumber { return }
        let waiting = requests.values.filter { $0.visitor != nil }
        // Nobody's leaving would make room, so there is none to wait for.
        if waiting.isEmpty, visitors.isEmpty { return }
        var entries = waiting.map { PollEntry($0.visitor!.socket.number, []) }
        if try Clock.system.poll(&entries, until: .zero) == 0 { throw .tooManyOpenFiles }
        for (request, entry) in zip(waiting, entries) where !entry.ready.isEmpty { request.hangUp() }
    }

    private mutating func listen(to visitor: Visitor) {
        var message = [UInt8](repeating: 0, count: LoginAttempt.maximumMessage + 1)
        do {
            let count = try read(visitor.socket.number, into: &message, at: 0..<message.count)
            defer { wipe(&message) }
            let now = clock.now()
            // nil: it left without a word, or is none of ours.
            guard count > 0, let request = LoginRequest(Array(message[..<count]), from: visitor, timeout: timeout)
            else { return }
            // Nobody waits for its answer any more, so nothing is asked and nothing counted.
            if request.deadline <= now { return request.answer(.unavailable) }
            arrived(request, at: now)
        } catch {
            if error == .wouldBlock { visitors.append(visitor) }
        }
    }

    private mutating func arrived(_ request: LoginRequest, at now: Duration) {
        arrivals += 1
        let id = AttemptID(arrivals)
        requests[id] = request
        let pair = LoginPair(address: address(of: request), user: request.user)
        carryOut(policy.arrived(id, pair, asksDirectory: request.asksDirectory, at: now))
    }

    /// Whose attempts are counted together.
    private func address(of request: LoginRequest) -> ClientAddress {
        request.client.banned(ipv6Prefix: policy.rules.ipv6Prefix)
    }

    // MARK: The directory

    private mutating func hear(_ worker: WorkerPool.Worker) {
        switch workers.hear(worker) {
        case .verdict(.accepted, let id): carryOut(policy.directorySaid(true, to: id, at: clock.now()))
        case .verdict(.refused, let id): carryOut(policy.directorySaid(false, to: id, at: clock.now()))
        case .verdict(.unavailable, let id): carryOut(policy.noVerdict(for: id, at: clock.now()))
        case .lost(let id):
            log.error("worker-lost", metadata: ["worker": "\(worker.process)"])
            if let id { carryOut(policy.noVerdict(for: id, at: clock.now())) }
        case .nothing: break
        }
    }

    /// Gives waiting jobs to idle workers.
    private mutating func dispatch() {
        while let id = jobs.next({ requests[$0] != nil }), let request = requests[id] {
            do {
                guard let worker = try workers.idle() else { break }
                guard request.passOn(to: worker.socket.number) else {
                    workers.end(worker)
                    continue
                }
                worker.job = (id, request.deadline)
                jobs.pass()
            } catch {
                log.error("ldap-error", metadata: ["stage": "worker", "reason": "\(error)"])
                if !workers.workers.isEmpty { break }  // the others go on
                carryOut(policy.noVerdict(for: id, at: clock.now()))
            }
        }
    }

    // MARK: Time

    private func nextDeadline() -> Duration? {
        // Requests have one time limit, so the oldest ends first.
        let own = [requests[AttemptID(oldest)]?.deadline, policy.nextSweep]
        return (own + workers.workers.map { $0.job?.deadline }).compactMap { $0 }.min()
    }

    private mutating func expire() {
        let now = clock.now()
        for worker in workers.workers {
            guard let job = worker.job, job.deadline <= now else { continue }
            workers.end(worker)
            log.error("ldap-error", metadata: ["stage": "timeout", "worker": "\(worker.process)"])
        }
        while oldest <= arrivals {
            let id = AttemptID(oldest)
            if let request = requests[id] {
                if request.deadline > now { break }
                carryOut(policy.noVerdict(for: id, at: now))
            }
            oldest += 1
        }
        if let sweep = policy.nextSweep, sweep <= now { carryOut(policy.sweep(at: now)) }
    }

    // MARK: Effects

    private mutating func carryOut(_ steps: [BanStep]) {
        for step in steps {
            switch step {
            case .charge(let pair, let count, let last): state.charge(pair, count, last: last)
            case .ask(let id): if let request = requests[id] { jobs.append(id, of: address(of: request)) }
            case .ban(let address, let end): state.ban(address, until: end)
            case .lift(let address): state.lift(address)
            case .answer(let id, let verdict, let cause): answer(id, verdict, cause)
            case .madeRoom(let entries): log.warning("ban-table-full", metadata: ["removed": "\(entries)"])
            }
        }
    }

    private mutating func answer(_ id: AttemptID, _ verdict: Verdict, _ cause: BanStep.Cause) {
        guard let request = requests.removeValue(forKey: id) else { return }
        request.answer(verdict)
        var fields: Logger.Metadata = ["ip": "\(request.client)", "user": "\(request.user?.description ?? "")"]
        if verdict == .accepted { return log.info("login-ok", metadata: fields) }
        fields["reason"] = "\(cause.rawValue)"
        if cause == .password || cause == .malformed { return log.notice("login-fail", metadata: fields) }
        // Who is banned may ask as often as he likes; the log stays short.
        rareLines.warn("login-refused", reason: cause.rawValue, fields, at: clock.now(), log: log)
    }
}
