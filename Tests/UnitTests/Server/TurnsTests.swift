/// Whose question the directory is asked next.

import MailCore
import Testing

@testable import Gatekeeper

@Suite struct `Who asks the directory` {
    private func address(_ last: UInt8) -> ClientAddress {
        ClientAddress(Array(repeating: 0, count: 15) + [last])!
    }

    /// The numbers asked, in order; those of `answered` have had their answer before their turn.
    private func asked(_ questions: [(id: UInt64, from: UInt8)], answered: Set<UInt64> = []) -> [UInt64] {
        var turns = Turns()
        for (id, from) in questions { turns.append(AttemptID(id), of: address(from)) }
        var order: [UInt64] = []
        while let id = turns.next({ !answered.contains($0.number) }) {
            order.append(id.number)
            turns.pass()
        }
        return order
    }

    @Test func `asks in the order of arrival where each address asks once`() {
        #expect(asked([(1, 1), (2, 2), (3, 3)]) == [1, 2, 3])
    }

    @Test func `has its turn after one question of each other address`() {
        #expect(asked([(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)]) == [1, 4, 6, 2, 5, 3])
    }

    @Test func `loses its turn with its last open question, and not before`() {
        let questions: [(UInt64, UInt8)] = [(1, 1), (2, 1), (3, 2), (4, 3)]
        #expect(asked(questions, answered: [1, 3]) == [2, 4])
        #expect(asked(questions, answered: [1, 2, 3, 4]) == [])
    }
}
