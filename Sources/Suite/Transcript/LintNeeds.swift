/// What a transcript's steps need of the test world, against what its header says.

extension LintWalk {
    mutating func need(_ action: WorldAction, _ step: Step) {
        let need: Need? =
            switch action {
            case .advance, .wall, .boot, .clock: .clock
            case .server: .restart
            case .killSession, .zombies, .measure(.rss, _, _): .process
            case .directory: .directory
            case .binds, .bindsAnew: .binds
            case .outsideUnchanged: .disk
            case .measure, .later: nil
            }
        if let need, wanted[need] == nil { wanted[need] = transcript.place(of: step) }
        switch action {
        case .binds, .zombies, .outsideUnchanged, .measure: judges = judges || isTagged
        default: break
        }
    }

    /// The header's needs against those of the steps. `anonymous-bind` shows in no step.
    mutating func needs() {
        for (need, place) in wanted where !transcript.header.needs.contains(need) {
            complain(at: place, "this step needs \"\(need.rawValue)\": add it to the header's needs")
        }
        for need in transcript.header.needs where wanted[need] == nil && need != .anonymousBind {
            let place = transcript.place(of: need.rawValue, under: "needs")
            complain(at: place, "no step needs \"\(need.rawValue)\": take it out of the header")
        }
    }
}
