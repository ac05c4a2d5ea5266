// System calls that Swift cannot import: resource limits and a seccomp filter for a process that is about to read
// something hostile (touched by Workshop/Child/Sandbox.swift alone), and the opening of a file that something hostile
// has named (touched by Workshop/Import/ModelFolder.swift alone).
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stdint.h>

/// Limits for the rest of this process's life. Zero leaves a limit as it is.
typedef struct {
    /// Bytes of address space beyond what the process has mapped now.
    uint64_t extra_address_space;
    /// Seconds of processor time.
    uint64_t cpu_seconds;
    /// Open descriptors.
    uint64_t descriptors;
    /// Bytes that any file may grow to.
    uint64_t file_bytes;
} csandbox_limits;

/// Sets limits, switches core dumps and new privileges off, and dies with the parent. Returns 0 or an errno.
int csandbox_limit(const csandbox_limits *limits);

/// Installs a filter on all threads: no sockets, no new programs or processes (threads are allowed), no tracing, no
/// mounts, no keys, no files opened for writing, no changes to the file system. Refused calls fail with EPERM.
/// Returns 0, an errno, or -1 where this processor's system call numbers are not known.
//
// may_write: files may be opened for writing, where the process has the right to. They cannot grow past the limit.
int csandbox_filter(int may_write);

/// Opens a file for reading, by a relative path of plain names, strictly beneath an open directory: no way up, no
/// symbolic link anywhere on the way. Does not wait for pipes. Returns a descriptor, or a negated errno (ELOOP for a
/// link, EXDEV for a way out).
int csandbox_open_beneath(int directory, const char *path);

/// The same by hand, name by name, for kernels and containers without openat2.
int csandbox_walk_beneath(int directory, const char *path);

#endif
