/// What the probe sends for each question, line by line.

extension ProbeRecord {
    /// Without the last line feed. Passwords are not in it: `login` and `loginOther` are a test world's own.
    package func command(_ question: Question) -> [[UInt8]] {
        let lines: [String] =
            switch question {
            case .greeting: []
            case .login: ["LOGIN", sender]
            case .loginOther: ["LOGIN", receiver]
            case .wrongLogin: ["LOGIN", sender, "wrong-password"]
            case .wrongLoginAgain: ["LOGIN", receiver, "mistaken-secret"]
            case .secondLogin: ["LOGIN", receiver, "wrong-password"]
            case .strangerList, .strangerListAgain, .emptyList, .list: ["LIST"]
            case .pipelined: ["LIST", "LIST"]
            case .strangerSend: ["SEND", receiver, "Quiet plum", "Not to be kept", "."]
            case .strangerSendAgain: ["SEND", sender, "Brass tulip", "Never to be kept", "."]
            case .strangerRead: ["READ", "1"]
            case .strangerReadAgain: ["READ", "2"]
            case .strangerDelete: ["DEL", "1"]
            case .strangerDeleteAgain: ["DEL", "2"]
            case .unknownVerb: ["FROBNICATE"]
            case .unknownVerbAgain: ["ZYGOTE"]
            case .send, .sendAgain: ["SEND", receiver]
            case .read: ["READ", number ?? "1"]
            case .missing: ["READ", "97"]
            case .missingAgain: ["READ", "83"]
            case .missingDelete: ["DEL", "97"]
            case .missingDeleteAgain: ["DEL", "83"]
            case .delete, .deleteAgain: ["DEL", number ?? "1"]
            case .quit: ["QUIT"]
            }
        let bytes = lines.map { Array($0.utf8) }
        switch question {
        case .send: return bytes + [ProbeRecord.subjects[0], ProbeRecord.body, Array(".".utf8)]
        case .sendAgain: return bytes + [ProbeRecord.subjects[1], ProbeRecord.body, Array(".".utf8)]
        default: return bytes
        }
    }
}
