/// The numbers that LIST has given to a user's messages in this session (READ-4).

import MailCore
import Posix
import Spool
import SystemPackage

/// Positions in the last LIST; they stand until the next one, so a deleted message's number names nothing
/// rather than another message. Empty at login.
struct Numbering {
    private var ids: [MessageID] = []

    mutating func restart(with listing: Listing) { ids = listing.ids }

    /// The message behind a number; beyond the end, what has arrived meanwhile takes the next numbers.
    mutating func id(of number: MessageNumber, user: Username, in spool: Spool) throws(Errno) -> MessageID? {
        if number.value > ids.count {
            ids += try spool.arrivals(user, after: ids.last?.sequence ?? 0)
        }
        return number.value <= ids.count ? ids[number.value - 1] : nil
    }
}
