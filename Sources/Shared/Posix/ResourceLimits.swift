/// Limits of the kernel's that a program sets itself, so that no administrator has to (setrlimit(2)).

import Glibc

/// What a process and its children may use; never raised again.
package enum ResourceLimit {
    /// Bytes of private memory.
    case memory
    case openFiles
    /// Of the same user; root is exempt.
    case processes
    case cores

    private var number: __rlimit_resource_t {
        switch self {
        case .memory: __rlimit_resource_t(RLIMIT_DATA.rawValue)
        case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        case .processes: __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
        case .cores: __rlimit_resource_t(RLIMIT_CORE.rawValue)
        }
    }

    /// The limit that holds; `UInt64.max` without one.
    package var current: UInt64 {
        var limit = rlimit()
        return unsafe getrlimit(number, &limit) == 0 ? UInt64(limit.rlim_cur) : .max
    }

    /// A lower limit that is there already stays.
    package func lower(to value: UInt64) {
        var limit = rlimit()
        guard unsafe getrlimit(number, &limit) == 0, limit.rlim_max > value || limit.rlim_cur > value else { return }
        limit = rlimit(
            rlim_cur: rlim_t(min(value, UInt64(limit.rlim_cur))), rlim_max: rlim_t(min(value, UInt64(limit.rlim_max))))
        _ = unsafe setrlimit(number, &limit)
    }

    /// As far towards `value` as the administrator's own limit allows.
    package func raise(to value: UInt64) {
        var limit = rlimit()
        guard unsafe getrlimit(number, &limit) == 0, UInt64(limit.rlim_cur) < value else { return }
        limit.rlim_cur = rlim_t(min(value, UInt64(limit.rlim_max)))
        _ = unsafe setrlimit(number, &limit)
    }
}
