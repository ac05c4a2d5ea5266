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

/// The version of Landlock that this kernel has; 0 where it has none, or where it is switched off.
int csandbox_landlock_version(void);

/// Confines all files that this process, and whatever it starts, can open, for good: those of `readable` and what is
/// beneath them may be read, those of `writable` read, written, made and removed, and the files of `executable` started.
/// Lists of paths, ended by NULL; what does not exist is passed over. Since version 4 of Landlock also no TCP, since 6 no
/// signals to others. Returns 0, an errno, or ENOSYS where the kernel has no Landlock.
int csandbox_confine(
    const char *const *readable, const char *const *writable, const char *const *executable);

/// Gives up every right that root has beyond a file's owner, also for programs that this process starts. Returns 0 or an
/// errno.
int csandbox_drop_capabilities(void);

/// Lets no descriptor beyond the standard ones survive the start of a program.
int csandbox_close_on_start(void);

/// Installs a filter on all threads, for a process that is about to start an interpreter: as `csandbox_filter`, but
/// programs may be started in this process's place and files written, which `csandbox_confine` bounds. Returns 0, an
/// errno, or -1 where this processor's system call numbers are not known.
int csandbox_filter_program(void);

#endif
