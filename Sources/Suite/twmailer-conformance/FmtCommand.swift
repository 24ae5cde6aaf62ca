/// `fmt`: writes transcripts and dialects in the usual form.

import ArgumentParser
import Engine
import Posix
import Transcript

struct FmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt", abstract: "Writes transcripts and dialects in the usual form.",
        discussion: """
            Puts the header in order and in columns, and one blank between the words of a step. Comments, blank lines, \
            texts and the spelling of numbers stay. A file that is in the usual form is not written; one with a fault \
            stays as it is, and its faults are printed as lint prints them.

            Exit status: 0 done · 1 faults, or with --check files that differ · 3 a file cannot be read or written \
            · 4 no such file · 64 usage
            """)
    @OptionGroup var suiteOptions: SuiteOptions
    @Flag(help: "Writes nothing; lists the files that are not in the usual form.") var check = false
    @Argument(help: "Files or folders.") var paths: [String]

    func run() throws {
        let files = try SuiteFile.find(paths, try SuitePlace(suiteOptions))
        var report = FileReport()
        for file in files {
            let texts = report.read(file) { bytes throws(ParseErrors) in
                (bytes, try Transcript.formatted(bytes, path: file.name, as: file.kind))
            }
            guard let (written, usual) = texts, written != usual else { continue }
            if check {
                report.differs(file)
            } else {
                do { try rewriteFile(at: file.path, with: usual.span) } catch {
                    report.trouble("cannot write \(file.name): \(error)")
                }
            }
        }
        try report.finish()
    }
}
