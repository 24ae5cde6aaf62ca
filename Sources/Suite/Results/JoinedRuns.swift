/// Results of several machines, joined: the parts of one run (--partition) become the run they were cut from.

import Transcript

package enum JoinedRuns {
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// - Returns: the runs in the order in which each first stood there, without partitions.
    package static func join(_ runs: [RunRecord]) throws(Fault) -> [RunRecord] {
        var groups: [[RunRecord]] = []
        for run in runs {
            let known = groups.firstIndex { group in
                run.start.partition != nil && group[0].start.partition?.count == run.start.partition?.count
                    && group[0].start.server == run.start.server
            }
            if let known { groups[known].append(run) } else { groups.append([run]) }
        }
        var joined: [RunRecord] = []
        for group in groups { joined.append(group[0].start.partition == nil ? group[0] : try whole(group)) }
        return joined
    }

    private static func whole(_ parts: [RunRecord]) throws(Fault) -> RunRecord {
        var (result, count) = (parts[0], parts[0].start.partition?.count ?? 1)
        let server = result.start.server
        for number in 1...count {
            let found = parts.count { $0.start.partition?.number == number }
            if found == 0 { throw Fault(description: "part \(number)/\(count) of '\(server)' is missing") }
            if found > 1 { throw Fault(description: "part \(number)/\(count) of '\(server)' stands here twice") }
        }
        for part in parts.dropFirst() {
            var (one, other) = (result.start, part.start)
            (one.partition, one.transcripts, other.partition, other.transcripts) = (nil, 0, nil, 0)
            guard one == other else { throw Fault(description: "the parts of '\(server)' are not of the same run") }
            result.start.transcripts += part.start.transcripts
            result.results += part.results
            result.interrupted = result.interrupted || part.interrupted
            // They were played at the same time.
            result.duration = max(result.duration, part.duration)
        }
        result.start.partition = nil
        return result
    }
}
