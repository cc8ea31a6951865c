#pragma once
// Calls of Linux and glibc that Swift's Glibc module does not carry. Macros with values become functions here.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
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
