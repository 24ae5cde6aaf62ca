/// What the directory is to be asked: the questions of an address in their order, the addresses in turns.

import MailCore

/// Whoever has a thousand questions waits for himself alone, and nobody else for him.
struct Turns {
    /// Never empty.
    private var waiting: [ClientAddress: [AttemptID]] = [:]
    /// All that wait, the next one first.
    private var order: [ClientAddress] = []

    mutating func append(_ id: AttemptID, of address: ClientAddress) {
        if waiting[address] == nil { order.append(address) }
        waiting[address, default: []].append(id)
    }

    /// The question whose turn it is. One that is not open any more is forgotten.
    mutating func next(_ isOpen: (AttemptID) -> Bool) -> AttemptID? {
        while let address = order.first, let questions = waiting[address] {
            if let first = questions.firstIndex(where: isOpen) {
                if first > 0 { waiting[address] = Array(questions[first...]) }
                return questions[first]
            }
            waiting[address] = nil
            order.removeFirst()
        }
        return nil
    }

    /// `next` has been asked.
    mutating func pass() {
        let address = order.removeFirst()
        waiting[address]!.removeFirst()
        if waiting[address]!.isEmpty { waiting[address] = nil } else { order.append(address) }
    }
}
