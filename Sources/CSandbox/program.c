#define _GNU_SOURCE
#include "include/CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Rights, by the version of Landlock that brought them; older headers do not name the newer ones.
#define FILE_RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE)
#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHT_REFER (1ULL << 13)
#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_DEVICES (1ULL << 15)
#define RIGHTS_OF_FIRST ((1ULL << 13) - 1)
#define RIGHTS_WRITE                                                                                             \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |            \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | RIGHT_TRUNCATE)
#define RIGHTS_OF_FILES                                                                                          \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE | \
     RIGHT_DEVICES)

struct ruleset {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes;
};

int csandbox_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

/// All rights that a version knows: what is not granted is refused.
static uint64_t known_rights(int version) {
    uint64_t rights = RIGHTS_OF_FIRST;
    if (version >= 2) rights |= RIGHT_REFER;
    if (version >= 3) rights |= RIGHT_TRUNCATE;
    if (version >= 5) rights |= RIGHT_DEVICES;
    return rights;
}

/// What is not there needs no right.
static int grant(int rules, const char *path, uint64_t rights) {
    int opened = open(path, O_PATH | O_CLOEXEC);
    if (opened < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
    struct stat status;
    int failed = fstat(opened, &status) == 0 ? 0 : errno;
    if (!failed) {
        if (!S_ISDIR(status.st_mode)) rights &= RIGHTS_OF_FILES;
        struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = opened};
        if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) failed = errno;
    }
    close(opened);
    return failed;
}

static int grant_all(int rules, const char *const *paths, uint64_t rights) {
    for (; *paths; paths++) {
        int failed = grant(rules, *paths, rights);
        if (failed) return failed;
    }
    return 0;
}

int csandbox_confine(
    const char *const *readable, const char *const *writable, const char *const *executable) {
    int version = csandbox_landlock_version();
    if (version == 0) return ENOSYS;
    uint64_t known = known_rights(version);
    // Connecting and listening over TCP since version 4; signals and abstract sockets since version 6.
    struct ruleset attributes = {known, version >= 4 ? 3 : 0, version >= 6 ? 3 : 0};
    size_t size = version >= 6 ? sizeof attributes : version >= 4 ? 16 : 8;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (rules < 0) return errno;
    int failed = grant_all(rules, readable, RIGHTS_READ);
    if (!failed) failed = grant_all(rules, writable, (RIGHTS_READ | RIGHTS_WRITE) & known);
    if (!failed) failed = grant_all(rules, executable, FILE_RIGHTS_READ | LANDLOCK_ACCESS_FS_EXECUTE);
    if (!failed && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) failed = errno;
    if (!failed && syscall(SYS_landlock_restrict_self, rules, 0) != 0) failed = errno;
    close(rules);
    return failed;
}

int csandbox_drop_capabilities(void) {
    // Without the bounding set a program that root starts gets none either. Who has no right to drop has none to drop.
    for (int capability = 0; capability < 64; capability++) {
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) return errno;
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    return syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

int csandbox_close_on_start(void) {
#ifdef SYS_close_range
    // From descriptor 3 on; 4 is CLOSE_RANGE_CLOEXEC.
    if (syscall(SYS_close_range, 3U, ~0U, 4U) == 0) return 0;
#endif
    for (int descriptor = 3; descriptor < 1024; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return 0;
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

// Sockets; other processes; the system's settings; attributes of files, which no wall around files covers.
static const int refused[] = {
    __NR_socket, __NR_socketpair, __NR_connect, __NR_bind, __NR_listen, __NR_accept, __NR_accept4, __NR_sendto,
    __NR_sendmsg, __NR_sendmmsg, __NR_recvfrom, __NR_recvmsg, __NR_recvmmsg,
    __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_kill, __NR_tkill, __NR_rt_sigqueueinfo,
    __NR_rt_tgsigqueueinfo, __NR_kcmp, __NR_setpriority, __NR_ioprio_set,
    __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_unshare, __NR_setns, __NR_swapon, __NR_swapoff,
    __NR_reboot, __NR_kexec_load, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_acct, __NR_quotactl,
    __NR_sethostname, __NR_setdomainname, __NR_settimeofday, __NR_clock_settime, __NR_adjtimex, __NR_clock_adjtime,
    __NR_syslog, __NR_vhangup, __NR_personality,
    __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_keyctl, __NR_add_key, __NR_request_key, __NR_fanotify_init,
    __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register, __NR_open_by_handle_at, __NR_name_to_handle_at,
    __NR_shmget, __NR_semget, __NR_msgget, __NR_mq_open, __NR_memfd_create,
    __NR_linkat, __NR_symlinkat, __NR_mknodat, __NR_truncate, __NR_fchmod, __NR_fchmodat, __NR_fchown, __NR_fchownat,
    __NR_setxattr, __NR_lsetxattr, __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr, __NR_fremovexattr,
    __NR_utimensat,
#ifdef __NR_fork
    __NR_fork, __NR_vfork, __NR_link, __NR_symlink, __NR_mknod, __NR_chmod, __NR_chown, __NR_lchown, __NR_utime,
    __NR_utimes, __NR_futimesat, __NR_iopl, __NR_ioperm, __NR_modify_ldt, __NR_uselib, __NR_ustat, __NR_sysfs,
#endif
    // The calls since 2019, which headers may lack: pidfd_send_signal, open_tree to fspick, pidfd_open, pidfd_getfd,
    // mount_setattr, process_madvise, quotactl_fd, memfd_secret, process_mrelease, fchmodat2.
    424, 428, 429, 430, 431, 432, 433, 434, 438, 440, 442, 443, 447, 448, 452,
};

#define MOST_RULES 512

int csandbox_filter_program(void) {
    struct sock_filter rules[MOST_RULES];
    size_t length = 0;
#define ADD(...)                                                                                                 \
    do {                                                                                                         \
        struct sock_filter added[] = {__VA_ARGS__};                                                              \
        if (length + sizeof added / sizeof added[0] > MOST_RULES) return E2BIG;                                  \
        memcpy(rules + length, added, sizeof added);                                                             \
        length += sizeof added / sizeof added[0];                                                                \
    } while (0)
    ADD(LOAD(arch), IS(THIS_ARCH, 1, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), LOAD(nr));
#ifdef __x86_64__
    // The x32 numbering is a second name for every call.
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), FAIL(EPERM));
#endif
    for (size_t place = 0; place < sizeof refused / sizeof refused[0]; place++) {
        ADD(IS((uint32_t)refused[place], 0, 1), FAIL(EPERM));
    }
    // clone3 and openat2 hide their arguments behind a pointer: libraries fall back to calls whose arguments we see.
    ADD(IS(__NR_clone3, 0, 1), FAIL(ENOSYS), IS(437, 0, 1), FAIL(ENOSYS));
    // Threads, and no processes.
    ADD(IS(__NR_clone, 0, 4), LOAD_ARG(0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0), FAIL(EPERM), ALLOW);
    // Signals to itself only, and limits of itself only. Its number stays what it is when it starts a program.
    ADD(IS(__NR_tgkill, 0, 4), LOAD_ARG(0), IS((uint32_t)getpid(), 1, 0), FAIL(EPERM), ALLOW);
    ADD(IS(__NR_prlimit64, 0, 5), LOAD_ARG(0), IS(0, 2, 0), IS((uint32_t)getpid(), 1, 0), FAIL(EPERM), ALLOW);
    ADD(ALLOW);
    struct sock_fprog filter = {(unsigned short)length, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    if (failed == 0) return 0;
    return failed > 0 ? ESRCH : errno;
}
#else
int csandbox_filter_program(void) { return -1; }
#endif
