/// How one process of a foreign server died: its signal and its frames (Resources/crashes.c writes them).

import SystemPackage

package struct CrashRecord: Sendable, Equatable {
    /// One call on the stack: where in which program or library, and what its symbols make of that.
    package struct Frame: Sendable, Equatable {
        package let module: String
        /// As the module's symbol table counts.
        package let offset: UInt64
        /// Of a module that is not the system's, so that its symbols are worth asking.
        package let isOwn: Bool
        package var function: String?
        /// A path as the compiler was given it, below the build folder without that.
        package var file: String?
        package var line: Int?
    }

    package let process: Int32
    package let signal: Int32
    /// The address that faulted; nil where there is none.
    package let address: UInt64?
    package let stackPointer: UInt64
    /// The innermost first.
    package internal(set) var frames: [Frame]

    /// The fault was at the end of the stack: pushing, calling, or the beginning of a local array.
    package var isStackOverflow: Bool {
        guard signal == 11 || signal == 7, let address else { return false }
        return address &+ 65_536 >= stackPointer && address < stackPointer &+ 1024
    }

    /// Nothing is ever at the lowest addresses.
    package var isNullPointer: Bool { signal == 11 && address.map { $0 < 4096 } == true }

    package var signalName: String { CrashRecord.signalNames[signal] ?? "signal \(signal)" }
    private static let signalNames: [Int32: String] = [
        4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV", 13: "SIGPIPE",
    ]

    /// "server.cpp:141 in clientCommunication"; without -g "clientCommunication (server+0x1c4f, built without -g)",
    /// without symbols "server+0x1c4f". The first frame in the server's own code counts, its templates' code aside;
    /// nil where there is none.
    package var place: String? {
        guard let frame = frames.first(where: \.isOwnSource) ?? frames.first(where: \.isOwn) else { return nil }
        let address = "\(frame.module.lastPart)+0x\(String(frame.offset, radix: 16))"
        guard let function = frame.function else { return address }
        guard let file = frame.file, let line = frame.line else { return "\(function) (\(address), built without -g)" }
        return "\(file):\(line) in \(function)"
    }
}

extension CrashRecord.Frame {
    /// Neither the standard library's templates nor what came without a name.
    var isOwnSource: Bool {
        guard isOwn, let function, function != "_start" else { return false }
        if let file, file.hasPrefix("/usr/") { return false }
        return !["std::", "__gnu_cxx::"].contains { function.hasPrefix($0) }
    }
}

extension String {
    var lastPart: Substring { self[(lastIndex(of: "/").map(index(after:)) ?? startIndex)...] }
}

extension CrashRecord {
    /// The complete records in a text of crashes.c; what is none is passed over.
    /// - Parameter isOwn: whether a module is the server's own.
    static func all(in text: String, isOwn: (String) -> Bool) -> [CrashRecord] {
        var found: [CrashRecord] = []
        var record: CrashRecord?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("crash ") {
                record = CrashRecord(line)
            } else if line.isEmpty {
                if let record { found.append(record) }
                record = nil
            } else if let blank = line.firstIndex(of: " "), let offset = UInt64(line[..<blank], radix: 16) {
                let module = String(line[line.index(after: blank)...])
                record?.frames.append(Frame(module: module, offset: offset, isOwn: isOwn(module)))
            }
        }
        return found
    }

    private init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count == 6, let process = Int32(words[1]), let signal = Int32(words[3]),
            let stackPointer = UInt64(words[5], radix: 16)
        else { return nil }
        (self.process, self.signal, self.stackPointer) = (process, signal, stackPointer)
        (address, frames) = (UInt64(words[4], radix: 16), [])
    }
}
