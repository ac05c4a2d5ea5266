#define _GNU_SOURCE
#include "include/CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set_limit(int resource, uint64_t value) {
    struct rlimit current;
    if (getrlimit(resource, &current) != 0) return errno;
    rlim_t wanted = value;
    if (current.rlim_max != RLIM_INFINITY && wanted > current.rlim_max) wanted = current.rlim_max;
    struct rlimit limit = {wanted, wanted};
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

static uint64_t mapped_bytes(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%lu", &pages) != 1) pages = 0;
        fclose(file);
    }
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

int csandbox_limit(const csandbox_limits *limits) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    int failed = set_limit(RLIMIT_CORE, 0);
    if (!failed && limits->extra_address_space)
        failed = set_limit(RLIMIT_AS, mapped_bytes() + limits->extra_address_space);
    if (!failed && limits->cpu_seconds) failed = set_limit(RLIMIT_CPU, limits->cpu_seconds);
    if (!failed && limits->descriptors) failed = set_limit(RLIMIT_NOFILE, limits->descriptors);
    if (!failed && limits->file_bytes) failed = set_limit(RLIMIT_FSIZE, limits->file_bytes);
    return failed;
}

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef THIS_ARCH
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define FAIL(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((code)&SECCOMP_RET_DATA))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
// Refuse one call.
#define DENY(call) IS(__NR_##call, 0, 1), FAIL(EPERM)
// Where the number of this process belongs: no process has this one.
#define OWN_PROCESS 0x7fffffff

static struct sock_filter program[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef __x86_64__
    // The x32 numbering is a second name for every call.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
    FAIL(EPERM),
#endif
    DENY(socket), DENY(socketpair), DENY(connect), DENY(bind), DENY(listen), DENY(accept), DENY(accept4),
    DENY(sendto), DENY(sendmsg), DENY(sendmmsg), DENY(recvfrom), DENY(recvmsg), DENY(recvmmsg),
    DENY(execve), DENY(execveat), DENY(ptrace), DENY(process_vm_readv), DENY(process_vm_writev),
    DENY(kill), DENY(tkill), DENY(rt_sigqueueinfo), DENY(rt_tgsigqueueinfo), DENY(setpriority), DENY(mount), DENY(umount2), DENY(pivot_root), DENY(chroot), DENY(unshare), DENY(setns),
    DENY(bpf), DENY(perf_event_open), DENY(userfaultfd), DENY(keyctl), DENY(add_key), DENY(request_key),
    DENY(io_uring_setup), DENY(io_uring_enter), DENY(io_uring_register), DENY(openat2), DENY(open_by_handle_at),
    DENY(unlinkat), DENY(renameat2), DENY(linkat), DENY(symlinkat), DENY(mkdirat), DENY(mknodat), DENY(fchmodat),
    DENY(fchownat), DENY(truncate), DENY(setxattr), DENY(init_module), DENY(finit_module), DENY(kexec_load),
    DENY(swapon), DENY(reboot), DENY(memfd_create),
#ifdef __NR_fork
    DENY(fork), DENY(vfork), DENY(creat), DENY(unlink), DENY(rename), DENY(renameat), DENY(link), DENY(symlink),
    DENY(mkdir), DENY(rmdir), DENY(mknod), DENY(chmod), DENY(chown),
#endif
    // pidfd_send_signal, pidfd_open and pidfd_getfd, which headers may lack.
    IS(424, 0, 1), FAIL(EPERM), IS(434, 0, 1), FAIL(EPERM), IS(438, 0, 1), FAIL(EPERM),
    // Signals to itself only, as abort sends them, and limits of itself only.
    IS(__NR_tgkill, 0, 4), LOAD_ARG(0), IS(OWN_PROCESS, 1, 0), FAIL(EPERM), ALLOW,
    IS(__NR_prlimit64, 0, 5), LOAD_ARG(0), IS(0, 2, 0), IS(OWN_PROCESS, 1, 0), FAIL(EPERM), ALLOW,
    // clone3 hides its flags behind a pointer: without it the C library falls back to clone, whose flags we see.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1), FAIL(ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4),
    LOAD_ARG(0),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
    FAIL(EPERM),
    ALLOW,
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 4),
    LOAD_ARG(2),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1),
    FAIL(EPERM),
    ALLOW,
#ifdef __NR_open
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_open, 0, 4),
    LOAD_ARG(1),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1),
    FAIL(EPERM),
    ALLOW,
#endif
    ALLOW,
};

// The rules about opening files and the last ALLOW, which end the program.
#ifdef __NR_open
#define OPENING 11
#else
#define OPENING 6
#endif
#define ALL (sizeof program / sizeof program[0])

int csandbox_filter(int may_write) {
    struct sock_filter rules[ALL];
    memcpy(rules, program, sizeof program);
    for (size_t place = 0; place < ALL; place++) {
        if (rules[place].k == OWN_PROCESS) rules[place].k = (uint32_t)getpid();
    }
    size_t length = ALL;
    if (may_write) {
        length = ALL - OPENING + 1;
        rules[length - 1] = (struct sock_filter)ALLOW;
    }
    struct sock_fprog filter = {(unsigned short)length, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    if (failed == 0) return 0;
    return failed > 0 ? ESRCH : errno;
}
#else
int csandbox_filter(int may_write) {
    (void)may_write;
    return -1;
}
#endif

#define READING (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int csandbox_walk_beneath(int directory, const char *path) {
    char name[256];
    int current = directory;
    for (;;) {
        size_t length = strcspn(path, "/");
        if (length == 0 || length >= sizeof name) {
            if (current != directory) close(current);
            return -EINVAL;
        }
        memcpy(name, path, length);
        name[length] = 0;
        int is_last = path[length] == 0;
        int is_way_out = !strcmp(name, ".") || !strcmp(name, "..");
        int next = is_way_out ? -1 : openat(current, name, READING | O_NOFOLLOW | (is_last ? 0 : O_DIRECTORY));
        int failure = is_way_out ? EXDEV : errno;
        if (current != directory) close(current);
        // A link where a folder should be is reported as "not a directory"; the caller asks about links.
        if (next < 0) return -failure;
        if (is_last) return next;
        current = next;
        path += length + 1;
    }
}

int csandbox_open_beneath(int directory, const char *path) {
#ifdef SYS_openat2
    struct open_how how = {
        .flags = READING | O_NOFOLLOW,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long opened = syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (opened >= 0) return (int)opened;
    // Older kernels do not know the call; older container filters refuse it.
    if (errno != ENOSYS && errno != EPERM) return -errno;
#endif
    return csandbox_walk_beneath(directory, path);
}
