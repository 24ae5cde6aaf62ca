/// Many things to test at the same time, by a few threads with a directory each.

import Posix
import Synchronization
import World

/// `body` for every element, the results in the elements' order.
func atOnce<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ world: PeerWorld, _ body: @escaping @Sendable (Element, Lease) throws -> Result
) throws -> [Result] {
    let directories = try TestDirectories.shared.get()
    let work = Work<Result>(count: elements.count)
    let threads = try (0..<4).map { _ in
        try Thread.start {
            while let index = work.next() {
                work.finish(
                    index,
                    Swift.Result { try directories.lending(world.checkout) { try body(elements[index], $0) } })
            }
        }
    }
    for thread in threads { thread.join() }
    return try work.results()
}

/// What is left to do, and what was done.
private final class Work<Result: Sendable>: Sendable {
    private let state: Mutex<(next: Int, done: [Swift.Result<Result, any Error>?])>

    init(count: Int) { state = Mutex((0, Array(repeating: nil, count: count))) }

    func next() -> Int? {
        state.withLock { state in
            guard state.next < state.done.count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    func finish(_ index: Int, _ result: Swift.Result<Result, any Error>) {
        state.withLock { $0.done[index] = result }
    }

    func results() throws -> [Result] { try state.withLock { try $0.done.compactMap { try $0?.get() } } }
}
