/// Overwrites what libldap frees: its request buffers hold passwords (LOGIN-13).

import CLDAP
import Glibc

/// From now on libldap and liblber overwrite memory before they give it back. Call it before anything else of
/// libldap, once (lber-memory(3)). What the TLS library holds is not covered.
package func wipeFreedDirectoryMemory() {
    var functions = unsafe BerMemoryFunctions(
        bmf_malloc: { size, _ in unsafe malloc(Int(size)) },
        bmf_calloc: { count, size, _ in unsafe calloc(Int(count), Int(size)) },
        bmf_realloc: { old, size, _ in
            guard let old = unsafe old else { return unsafe malloc(Int(size)) }
            guard let new = unsafe malloc(Int(size)) else { return nil }
            let held = unsafe malloc_usable_size(old)
            unsafe memcpy(new, old, min(held, Int(size)))
            unsafe explicit_bzero(old, held)
            unsafe free(old)
            return unsafe new
        },
        bmf_free: { memory, _ in
            guard let memory = unsafe memory else { return }
            unsafe explicit_bzero(memory, malloc_usable_size(memory))
            unsafe free(memory)
        })
    let code = unsafe ber_set_option(nil, LBER_OPT_MEMORY_FNS, &functions)
    precondition(code == LBER_OPT_SUCCESS, "liblber was used before its memory functions were set")
}
