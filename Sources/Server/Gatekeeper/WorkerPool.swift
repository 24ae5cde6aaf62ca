/// The worker processes: started when there is work, replaced when they are stuck or gone.

import LDAPBind
import MailCore
import Posix
import SystemPackage

/// A worker is this program again, started with other arguments: it inherits neither connections nor memory.
struct WorkerPool: ~Copyable {
    final class Worker {
        let process: ProcessID
        let socket: OwnedDescriptor
        /// What it is asking about, and until when it may.
        var job: (id: AttemptID, deadline: Duration)?

        init(_ process: ProcessID, _ socket: consuming OwnedDescriptor) {
            self.process = process
            self.socket = socket
        }

        // It may be anywhere inside libldap; nothing but this ends it for certain.
        deinit {
            try? process.send(signal: Signals.kill)
            _ = try? process.wait()
        }
    }

    enum Report {
        case verdict(Verdict, of: AttemptID)
        /// The worker is gone, with or without something that it was asked.
        case lost(AttemptID?)
        case nothing
    }

    private let program: String
    private let arguments: [String]
    private let limit: Int
    private(set) var workers: [Worker] = []
    /// What keeps libldap and the TLS library from leaving a password behind (LOGIN-13): malloc(3) overwrites what
    /// is freed (mallopt(3), M_PERTURB; its per-thread cache would not), and no function is bound late, for that
    /// saves the vector registers, in which memcpy(3) had the password, on the stack.
    private let environment = processEnvironment().merging([
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165", "LD_BIND_NOW": "1",
    ]) { $1 }

    /// The workers' socket is their descriptor 3.
    init(program: String, arguments: [String], limit: Int) {
        self.program = program
        self.arguments = arguments
        self.limit = limit
    }

    /// A worker that has nothing to do; a new one when all are busy and there may be more; else nil.
    mutating func idle() throws(Errno) -> Worker? {
        if let worker = workers.first(where: { $0.job == nil }) { return worker }
        return workers.count < limit ? try start() : nil
    }

    private mutating func start() throws(Errno) -> Worker {
        let pair = try Sockets.pair(keepingMessages: true)
        var spawn = Spawn(program, arguments)
        spawn.environment = environment
        spawn.descriptors = [2: 2, 3: pair.second.number]
        let process = try spawn.start()
        let worker = Worker(process, try pair.first.duplicate())
        workers.append(worker)
        return worker
    }

    /// What the worker says, once its socket is readable.
    mutating func hear(_ worker: Worker) -> Report {
        var byte: [UInt8] = [0]
        guard (try? read(worker.socket.number, into: &byte, at: 0..<1)) == 1, let verdict = Verdict(rawValue: byte[0])
        else {
            end(worker)
            return .lost(worker.job?.id)
        }
        guard let job = worker.job else { return .nothing }
        worker.job = nil
        return .verdict(verdict, of: job.id)
    }

    mutating func end(_ worker: Worker) { workers.removeAll { $0 === worker } }
}

extension Gatekeeper {
    /// How a worker is started.
    package struct Workers: Sendable {
        package let program: String
        package let arguments: [String]
        package init(program: String, arguments: [String]) {
            self.program = program
            self.arguments = arguments
        }
        /// docs/decisions/0003-gatekeeper.md
        static let limit = 4
    }
}
