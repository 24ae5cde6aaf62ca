/// Reading from a terminal without echo (termios(3)).

import Glibc
package import SystemPackage

/// How a terminal was set before `silence`.
package struct TerminalMode {
    fileprivate var attributes: termios
}

/// Stops the echo, drops what was typed ahead, and takes the suspend key away: a program stopped now would leave
/// the shell without echo. Give the result to `restore`, whatever happens.
package func silence(_ terminal: Int32) throws(Errno) -> TerminalMode {
    var attributes = termios()
    try retrying { unsafe tcgetattr(terminal, &attributes) }
    let before = TerminalMode(attributes: attributes)
    attributes.c_lflag &= ~tcflag_t(ECHO)
    unsafe withUnsafeMutableBytes(of: &attributes.c_cc) { keys in unsafe keys[Int(VSUSP)] = 0 }
    try retrying { unsafe tcsetattr(terminal, TCSAFLUSH, &attributes) }
    return before
}

package func restore(_ mode: TerminalMode, on terminal: Int32) {
    var attributes = mode.attributes
    _ = unsafe tcsetattr(terminal, TCSANOW, &attributes)
}

/// The process's own terminal, whatever its standard descriptors are; an error when it has none (tty(4)).
package func openTerminal() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try retrying { unsafe Glibc.open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) })
}

package func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
