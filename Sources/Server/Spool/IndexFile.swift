/// The file of a mailbox's index: the header, then the records.

import Posix
import SystemPackage

struct IndexFile: ~Copyable {
    private static let name = "index"

    private let descriptor: OwnedDescriptor?
    /// Nil where there is none and none can be made (no inode left): every write then fails.
    private let number: Int32?

    private init(_ descriptor: consuming OwnedDescriptor) {
        number = descriptor.number
        self.descriptor = consume descriptor
    }

    private init() { number = nil; descriptor = nil }

    /// Nil when there is none.
    static func existing(in folder: borrowing Directory) throws(Errno) -> IndexFile? {
        do {
            return IndexFile(try folder.open(name, .readWrite))
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    static func open(in folder: borrowing Directory) throws(Errno) -> IndexFile {
        if let file = try existing(in: folder) { return file }
        do {
            return IndexFile(try folder.create(name, .readWrite, exclusive: false))
        } catch {
            return IndexFile()
        }
    }

    /// Nil when there is no whole one.
    func header() throws(Errno) -> IndexHeader? {
        guard let number else { return nil }
        return IndexHeader(try readWhole(number, count: IndexHeader.length, fromOffset: 0))
    }

    /// Whether it is as long as the header says: only then may anything be made as large as that.
    func holdsRecords(of header: IndexHeader) throws(Errno) -> Bool {
        guard let number else { return false }
        return header.recordsLength <= (try status(of: number).size) - IndexHeader.length
    }

    /// Fills the buffer from a position among the records on; gives the count of bytes.
    func read(at position: Int, into buffer: inout [UInt8]) throws(Errno) -> Int {
        guard let number else { return 0 }
        return try Posix.read(
            number, into: &buffer, count: buffer.count, fromOffset: IndexHeader.length + position)
    }

    /// All records; fewer bytes when the file is torn.
    func records(length: Int) throws(Errno) -> [UInt8] {
        guard let number else { return [] }
        return try readWhole(number, count: length, fromOffset: IndexHeader.length)
    }

    func hasLiveRecord(of id: MessageID, at position: Int) -> Bool {
        guard let number,
            let bytes = try? readWhole(
                number, count: IndexRecord.fixedLength, fromOffset: IndexHeader.length + position)
        else { return false }
        return bytes.starts(with: IndexRecord.liveMark) && bytes.dropFirst(4).elementsEqual(IndexRecord.identity(id))
    }

    func write(_ header: IndexHeader) throws(Errno) {
        guard let number else { throw .noSpace }
        try writeAll(number, header.bytes.span, atOffset: 0)
    }

    func replaceRecords(_ records: [UInt8]) throws(Errno) {
        guard let number else { throw .noSpace }
        try writeAll(number, records.span, atOffset: IndexHeader.length)
        try truncate(number, to: IndexHeader.length + records.count)
    }

    /// False when it failed.
    func write(_ bytes: [UInt8], at position: Int) -> Bool {
        guard let number else { return false }
        return (try? writeAll(number, bytes.span, atOffset: IndexHeader.length + position)) != nil
    }

    /// Leaves nothing that could be believed; a full disk allows that too.
    func empty() throws(Errno) {
        if let number { try truncate(number, to: 0) }
    }
}
