#pragma once
// Calls of Linux and glibc that Swift's Glibc module does not carry. Macros with values become functions here.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

// Swift reads the headers without _GNU_SOURCE, and a system module may call what it never declared: what glibc declares
// for GNU programs only is declared here.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int clinux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }
static inline int clinux_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, (long)signal, 0L, 0L, 0L); }
static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0u); }
static inline int clinux_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
static inline int clinux_openat(int folder, const char *path, int flags, unsigned mode) {
    return openat(folder, path, flags, mode);
}
// Opens a name only as a place to begin at, which needs no right to read it. Glibc has the flag for GNU programs only.
static inline int clinux_open_place(int folder, const char *path, int flags) {
    return openat(folder, path, flags | 010000000 /* O_PATH */ | O_CLOEXEC);
}
// Where bytes begin inside of others; glibc has the call for GNU programs only.
extern void *memmem(const void *text, size_t size, const void *part, size_t part_size);
static inline const void *clinux_find(const void *text, size_t size, const void *part, size_t part_size) {
    return memmem(text, size, part, part_size);
}
// Whether an access list gives users and groups rights of their own; their sum shows as the rights of the file's group.
static inline int clinux_has_access_list(const char *path) {
    return getxattr(path, "system.posix_acl_access", 0, 0) > 0;
}
// What the file system forbids to do with a file, and whether something is mounted on its name; 0 where it cannot be told.
enum {
    clinux_trait_immutable = 0x10 /* STATX_ATTR_IMMUTABLE */,
    clinux_trait_append_only = 0x20 /* STATX_ATTR_APPEND */,
    clinux_trait_mount_point = 0x2000 /* STATX_ATTR_MOUNT_ROOT */,
};
static inline int clinux_traits(const char *path) {
    // struct statx, whose second word of 64 bits are the attributes: its header cannot stand beside glibc's.
    uint64_t words[32] = {0};
    if (syscall(SYS_statx, AT_FDCWD, path, 0x100 /* AT_SYMLINK_NOFOLLOW */, 0u, words) == -1) {
        return errno == ENOSYS ? 0 : -1;
    }
    return (int)words[1] & (clinux_trait_immutable | clinux_trait_append_only | clinux_trait_mount_point);
}
// A file in memory without a name; -1 and errno on failure.
static inline int clinux_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u); }
// Starts writing a file's pages to the disk without waiting for them.
static inline int clinux_start_writeback(int file) {
    return (int)syscall(SYS_sync_file_range, file, 0L, 0L, (unsigned)SYNC_FILE_RANGE_WRITE);
}
// Renames, and fails with EEXIST instead of replacing anything.
static inline int clinux_rename_new(int from_folder, const char *from, int to_folder, const char *to) {
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 1u /* RENAME_NOREPLACE */);
}
// A function of its own because Swift reads "flock" as the struct of that name.
static inline int clinux_flock(int file, int operation) { return flock(file, operation); }
static inline int clinux_advise(int file, int advice) { return posix_fadvise(file, 0, 0, advice); }
// A pipe that no child inherits: ends[0] is read from, ends[1] written to.
static inline int clinux_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }
// Writes to a pipe; when nobody reads it any more the answer is EPIPE only, and no SIGPIPE ends this process.
static inline ssize_t clinux_write_pipe(int file, const void *bytes, size_t count) {
    sigset_t broken, before, pending;
    struct timespec none = {0, 0};
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    ssize_t written = write(file, bytes, count);
    int code = errno;
    // A signal that was pending before belongs to somebody else.
    if (written == -1 && code == EPIPE && !sigismember(&pending, SIGPIPE)) sigtimedwait(&broken, 0, &none);
    pthread_sigmask(SIG_SETMASK, &before, 0);
    errno = code;
    return written;
}
static inline int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
static inline int clinux_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

// Name spaces. Each of these answers -1 and errno on failure.

enum {
    clinux_space_network = CLONE_NEWNET,
    clinux_space_mounts = CLONE_NEWNS,
    clinux_space_processes = CLONE_NEWPID,
    clinux_space_ipc = CLONE_NEWIPC,
    clinux_space_names = CLONE_NEWUTS,
};
static inline int clinux_unshare(int spaces) { return (int)syscall(SYS_unshare, spaces); }
static inline int clinux_set_host_name(const char *name) {
    return (int)syscall(SYS_sethostname, name, strlen(name));
}
// Glibc's sys/mount.h cannot stand beside linux/mount.h, so the call is made by its number.
static inline int clinux_mount(
    const char *source, const char *target, const char *type, unsigned long flags, const char *options) {
    return (int)syscall(SYS_mount, source, target, type, flags, options);
}
// Nothing that is mounted here later shows elsewhere, nor the reverse.
static inline int clinux_make_mounts_private(void) {
    return clinux_mount("none", "/", 0, 0x4000UL /* MS_REC */ | (1UL << 18) /* MS_PRIVATE */, 0);
}
// A file or folder under another name as well.
static inline int clinux_bind(const char *source, const char *target) {
    return clinux_mount(source, target, 0, 0x1000UL /* MS_BIND */, 0);
}
static inline int clinux_mount_memory(const char *target, const char *options) {
    return clinux_mount("tmpfs", target, "tmpfs", 2UL | 4UL /* MS_NOSUID | MS_NODEV */, options);
}
static inline int clinux_mount_processes(const char *target) {
    return clinux_mount("proc", target, "proc", 2UL | 4UL | 8UL /* MS_NOSUID | MS_NODEV | MS_NOEXEC */, 0);
}
// Whether a mount can be written to; with all below it where asked. Takes the right to gain rights by a program's owner.
static inline int clinux_set_read_only(const char *path, int read_only, int recursive) {
    struct mount_attr attributes = {0};
    attributes.attr_set = MOUNT_ATTR_NOSUID | (read_only ? MOUNT_ATTR_RDONLY : 0);
    attributes.attr_clr = read_only ? 0 : MOUNT_ATTR_RDONLY;
    return (int)syscall(
        442 /* mount_setattr */, AT_FDCWD, path, recursive ? 0x8000u /* AT_RECURSIVE */ : 0u, &attributes,
        sizeof attributes);
}
// The request has a form of its own here: whoever includes the header of the real one owns its types for all of Swift.
static inline int clinux_raise_loopback(void) {
    struct { char name[16]; short flags; char rest[64]; } request = {"lo", 0, {0}};
    int channel = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (channel == -1) return -1;
    long result = syscall(SYS_ioctl, channel, 0x8913L /* SIOCGIFFLAGS */, &request);
    request.flags |= 1 /* IFF_UP */;
    if (result == 0) result = syscall(SYS_ioctl, channel, 0x8914L /* SIOCSIFFLAGS */, &request);
    int code = errno;
    close(channel);
    errno = code;
    return (int)result;
}
// Becomes another user for good: no groups, no capability, and no program that gives any back.
static inline int clinux_become(uid_t user, gid_t group) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == -1) return -1;
    for (long capability = 0; capability <= 63; capability++) {
        // Beyond the last one that this kernel knows.
        if (prctl(PR_CAPBSET_DROP, capability, 0L, 0L, 0L) == -1 && errno == EINVAL) break;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L) == -1) return -1;
    if (syscall(SYS_setgroups, 0, 0) == -1) return -1;
    if (syscall(SYS_setresgid, group, group, group) == -1) return -1;
    if (syscall(SYS_setresuid, user, user, user) == -1) return -1;
    // The inheritable set outlives the change of the user.
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    return (int)syscall(SYS_capset, &header, none);
}
// Forbids sockets of families that no name space holds (such as those to a virtual machine's host), and the interface
// that makes sockets past this filter. Allowed are Unix, IPv4, IPv6 and netlink. Needs no_new_privs or root.
static inline int clinux_restrict_sockets(void) {
#if defined(__x86_64__)
    const unsigned machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    const unsigned machine = AUDIT_ARCH_AARCH64;
#else
    const unsigned machine = 0;
#endif
    const unsigned refusal = SECCOMP_RET_ERRNO | EAFNOSUPPORT, missing = SECCOMP_RET_ERRNO | ENOSYS;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, missing),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u /* x32 */, 10, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 425 /* io_uring_setup */, 9, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 5, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 2, 0),
        BPF_STMT(BPF_RET | BPF_K, refusal),
        BPF_STMT(BPF_RET | BPF_K, missing),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0u, &program);
}
