/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kill-at [-n N] [-1] [-e ERRNO [-f] | -s] [-x NAME] [-c FILE] [-l FILE] -w FOLDER... -- COMMAND...
 *
 * Runs a command with all that it starts, and counts the system calls that
 * change a file below one of the folders, whoever makes them: the program, a
 * library of its, a child, an updater. The N-th is where it is struck: all are
 * killed before it (-1: only the process that makes it), or it fails with
 * ERRNO (-f: and so do all after it), or it writes half (-s). What programs of
 * NAME do is not counted. -c FILE gets "calls N struck S", -l FILE a line for
 * each call that succeeded: operation, path, other path or 16 digits of the offset,
 * bytes in hex. Ends as the command does, with 137 where all were killed.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TRACED 512
#define MAX_WATCHED 32
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* How a call names what it changes: by a descriptor, a path, or a folder's
 * descriptor and a path; and which of its arguments these are. */
enum how { BY_FD, BY_PATH, BY_AT, BY_OPEN, BY_OPENAT, BY_TWO, BY_TWO_AT, BY_LINK, BY_LINK_AT };

static const struct call {
	long nr;
	const char *op;
	enum how how;
	bool data;		/* arguments 2 and 3 are bytes to write, 4 may be an offset */
} calls[] = {
	{ SYS_write, "write", BY_FD, true }, { SYS_pwrite64, "pwrite", BY_FD, true },
	{ SYS_writev, "writev", BY_FD, false }, { SYS_pwritev, "pwritev", BY_FD, false },
	{ SYS_ftruncate, "truncate", BY_FD, false }, { SYS_fallocate, "allocate", BY_FD, false },
	{ SYS_fsync, "sync", BY_FD, false }, { SYS_fdatasync, "sync", BY_FD, false },
	{ SYS_syncfs, "syncfs", BY_FD, false },
	{ SYS_fchmod, "change", BY_FD, false }, { SYS_fchown, "change", BY_FD, false },
	{ SYS_fsetxattr, "change", BY_FD, false }, { SYS_fremovexattr, "change", BY_FD, false },
	{ SYS_setxattr, "change", BY_PATH, false }, { SYS_lsetxattr, "change", BY_PATH, false },
	{ SYS_truncate, "truncate-path", BY_PATH, false },
	{ SYS_fchmodat, "change", BY_AT, false }, { SYS_fchownat, "change", BY_AT, false },
	{ SYS_utimensat, "change", BY_AT, false },
	{ SYS_openat, "create", BY_OPENAT, false }, { SYS_mkdirat, "mkdir", BY_AT, false },
	{ SYS_unlinkat, "unlink", BY_AT, false }, { SYS_symlinkat, "symlink", BY_LINK_AT, false },
	{ SYS_renameat, "rename", BY_TWO_AT, false }, { SYS_renameat2, "rename", BY_TWO_AT, false },
	{ SYS_linkat, "link", BY_TWO_AT, false },
	{ SYS_copy_file_range, "copy", BY_FD, false }, { SYS_sendfile, "copy", BY_FD, false },
#ifdef SYS_open
	{ SYS_open, "create", BY_OPEN, false }, { SYS_creat, "create", BY_PATH, false },
	{ SYS_mkdir, "mkdir", BY_PATH, false }, { SYS_rmdir, "unlink", BY_PATH, false },
	{ SYS_unlink, "unlink", BY_PATH, false }, { SYS_symlink, "symlink", BY_LINK, false },
	{ SYS_rename, "rename", BY_TWO, false }, { SYS_link, "link", BY_TWO, false },
	{ SYS_chmod, "change", BY_PATH, false }, { SYS_chown, "change", BY_PATH, false },
	{ SYS_lchown, "change", BY_PATH, false },
#endif
};

struct traced {
	pid_t pid;
	bool ends;		/* the call's end is to be logged */
	const struct call *call;
	char path[PATH_MAX], other[PATH_MAX];
	char *data;
	size_t len;
};

static struct traced traced[MAX_TRACED];
static const char *watched[MAX_WATCHED], *passed_over;
static size_t n_watched;
static long at, count, struck;
static int fail_with;
static bool only_one, from_there, half;
static FILE *log_file;

__attribute__((noreturn))
static void
die(const char *what)
{
	perror(what);
	exit(125);
}

static void
install_filter(void)
{
	struct sock_filter filter[COUNT(calls) + 4];
	struct sock_fprog prog = { .filter = filter };
	size_t n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT(calls); i++)
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)calls[i].nr, (unsigned char)(COUNT(calls) - i), 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	prog.len = (unsigned short)n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		die("seccomp");
}

static struct traced *
find(pid_t pid)
{
	struct traced *empty = NULL;

	for (size_t i = 0; i < MAX_TRACED; i++) {
		if (traced[i].pid == pid)
			return &traced[i];
		if (empty == NULL && traced[i].pid == 0)
			empty = &traced[i];
	}
	if (empty == NULL)
		die("too many processes");
	empty->pid = pid;
	return empty;
}

static bool
is_watched(const char *path)
{
	for (size_t i = 0; i < n_watched; i++) {
		size_t len = strlen(watched[i]);

		if (strncmp(path, watched[i], len) == 0 && (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

static bool
is_passed_over(pid_t pid)
{
	char link[64], exe[PATH_MAX];
	ssize_t n;

	if (passed_over == NULL)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, exe, sizeof(exe) - 1);
	exe[n < 0 ? 0 : n] = '\0';
	return strrchr(exe, '/') != NULL && strcmp(strrchr(exe, '/') + 1, passed_over) == 0;
}

static size_t
read_memory(pid_t pid, uint64_t from, char *to, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)(uintptr_t)from, len };
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return n < 0 ? 0 : (size_t)n;
}

/* A path may lie at the end of a page: whole pages are asked for only once. */
static void
read_path(pid_t pid, uint64_t from, char path[PATH_MAX])
{
	size_t first = 4096 - from % 4096, n = read_memory(pid, from, path, first);

	if (memchr(path, '\0', n) == NULL && n == first && first < PATH_MAX)
		n += read_memory(pid, from + first, path + first, PATH_MAX - first);
	path[n < PATH_MAX ? n : PATH_MAX - 1] = '\0';
}

static bool
path_of_fd(pid_t pid, int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", pid, fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
	return path[0] == '/';
}

/* The folder without links, and the name in it as the call has it. */
static bool
resolve(pid_t pid, int dirfd, uint64_t name, char path[PATH_MAX])
{
	char given[PATH_MAX], whole[2 * PATH_MAX + 64], base[PATH_MAX] = "";
	char *slash, real[PATH_MAX];

	read_path(pid, name, given);
	if (strncmp(given, "/proc/self/", 11) == 0)
		snprintf(whole, sizeof(whole), "/proc/%d/%s", pid, given + 11);
	else if (given[0] == '/')
		snprintf(whole, sizeof(whole), "%s", given);
	else if (path_of_fd(pid, dirfd, base) && given[0] == '\0')
		snprintf(whole, sizeof(whole), "%s", base);
	else
		snprintf(whole, sizeof(whole), "%s/%s", base, given);
	slash = strrchr(whole, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	if (realpath(slash == whole ? "/" : whole, real) == NULL)
		return false;
	return snprintf(path, PATH_MAX, "%s/%s", real[1] ? real : "", slash + 1) < PATH_MAX;
}

static bool
is_regular(pid_t pid, int fd)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	return stat(link, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* Where a write without an offset goes. */
static long long
position(pid_t pid, int fd)
{
	char name[64], line[256];
	long long pos = 0;
	unsigned flags = 0;
	struct stat st;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", pid, fd);
	f = fopen(name, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "pos: %lld", &pos) != 1)
			sscanf(line, "flags: %o", &flags);
	if (f != NULL)
		fclose(f);
	snprintf(name, sizeof(name), "/proc/%d/fd/%d", pid, fd);
	return (flags & O_APPEND) != 0 && stat(name, &st) == 0 ? st.st_size : pos;
}

static bool
names(struct traced *t, const uint64_t a[6])
{
	t->other[0] = '\0';
	switch (t->call->how) {
	case BY_FD:
		return is_regular(t->pid, (int)a[0]) && path_of_fd(t->pid, (int)a[0], t->path);
	case BY_PATH:
		return resolve(t->pid, AT_FDCWD, a[0], t->path);
	case BY_OPEN:
		return (a[1] & (O_CREAT | O_TRUNC)) != 0 &&
		    resolve(t->pid, AT_FDCWD, a[0], t->path);
	case BY_OPENAT:
		return (a[2] & (O_CREAT | O_TRUNC)) != 0 && resolve(t->pid, (int)a[0], a[1], t->path);
	case BY_AT:
		return resolve(t->pid, (int)a[0], a[1], t->path);
	case BY_TWO:
		return resolve(t->pid, AT_FDCWD, a[0], t->path) &&
		    resolve(t->pid, AT_FDCWD, a[1], t->other);
	case BY_TWO_AT:
		return resolve(t->pid, (int)a[0], a[1], t->path) &&
		    resolve(t->pid, (int)a[2], a[3], t->other);
	case BY_LINK:
		read_path(t->pid, a[0], t->other);
		return resolve(t->pid, AT_FDCWD, a[1], t->path);
	case BY_LINK_AT:
	default:
		read_path(t->pid, a[0], t->other);
		return resolve(t->pid, (int)a[1], a[2], t->path);
	}
}

static void
keep_for_log(struct traced *t, const uint64_t a[6])
{
	const char *op = t->call->op;

	free(t->data);
	t->data = NULL;
	t->len = 0;
	t->ends = true;
	if (t->call->data) {
		t->len = a[2];
		t->data = malloc(t->len + 1);
		if (t->data == NULL || read_memory(t->pid, a[1], t->data, t->len) != t->len)
			die("what is written cannot be read");
		snprintf(t->other, sizeof(t->other), "%lld", t->call->nr == SYS_pwrite64 ?
			 (long long)a[3] : position(t->pid, (int)a[0]));
	} else if (strcmp(op, "truncate") == 0 || strcmp(op, "truncate-path") == 0) {
		snprintf(t->other, sizeof(t->other), "%lld", (long long)a[1]);
	} else if (strcmp(op, "create") == 0) {
		uint64_t flags = t->call->how == BY_OPENAT ? a[2] : t->call->how == BY_OPEN ? a[1] :
		    O_CREAT | O_TRUNC;

		snprintf(t->other, sizeof(t->other), "%s", (flags & O_TRUNC) != 0 ? "empty" : "open");
	}
}

static void
write_log(struct traced *t, int64_t result)
{
	t->ends = false;
	if (result < 0)
		return;
	fprintf(log_file, "%s\t%s\t%s\t", t->call->op, t->path, t->other);
	for (size_t i = 0; t->call->data && i < (size_t)result && i < t->len; i++)
		fprintf(log_file, "%02x", (unsigned char)t->data[i]);
	fputc('\n', log_file);
}

/* The call is not made, and its caller gets the error; or it writes half. */
static void
meddle(pid_t pid, const uint64_t a[6])
{
#if defined(__x86_64__)
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		die("registers");
	if (half) {
		regs.rdx = a[2] / 2;
	} else {
		regs.orig_rax = (unsigned long long)-1;
		regs.rax = (unsigned long long)-fail_with;
	}
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0)
		die("registers");
#elif defined(__aarch64__)
	struct user_pt_regs regs;
	struct iovec iov = { &regs, sizeof(regs) };
	int none = -1;
	struct iovec nr = { &none, sizeof(none) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov) < 0)
		die("registers");
	if (half)
		regs.regs[2] = a[2] / 2;
	else if (ptrace(PTRACE_SETREGSET, pid, (void *)0x404, &nr) < 0)
		die("system call");
	else
		regs.regs[0] = (uint64_t)-fail_with;
	if (ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &iov) < 0)
		die("registers");
#else
	(void)pid;
	(void)a;
	errno = ENOSYS;
	die("registers of this processor");
#endif
}

/* A killed process makes no further call, not even the one in hand. */
static void
kill_all(void)
{
	for (size_t i = 0; i < MAX_TRACED; i++)
		if (traced[i].pid != 0)
			kill(traced[i].pid, SIGKILL);
}

static void
strike(pid_t pid, const uint64_t a[6])
{
	struck++;
	if (fail_with != 0 || half)
		meddle(pid, a);
	else if (only_one)
		kill(pid, SIGKILL);
	else
		kill_all();
}

/* Before one of the calls. Whether its end is wanted. */
static bool
on_call(pid_t pid)
{
	struct traced *t = find(pid);
	struct __ptrace_syscall_info info = { 0 };
	uint64_t a[6];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return false;
	for (size_t i = 0; i < COUNT(a); i++)
		a[i] = info.seccomp.args[i];
	t->call = NULL;
	for (size_t i = 0; i < COUNT(calls) && t->call == NULL; i++)
		if ((uint64_t)calls[i].nr == info.seccomp.nr)
			t->call = &calls[i];
	if (t->call == NULL || !names(t, a) ||
	    (!is_watched(t->path) && !is_watched(t->other)) || is_passed_over(pid))
		return false;
	if (half && (!t->call->data || a[2] < 2))
		return false;
	count++;
	if (log_file != NULL)
		keep_for_log(t, a);
	if (at != 0 && (count == at || (from_there && count > at)))
		strike(pid, a);
	return t->ends;
}

static void
on_stop(pid_t pid, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);
	struct traced *t = find(pid);
	bool to_end = false;

	if (event == PTRACE_EVENT_SECCOMP) {
		to_end = on_call(pid);
		sig = 0;
	} else if (event == PTRACE_EVENT_STOP) {
		/* A stopped process stays stopped. */
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			return;
		}
		sig = 0;
	} else if (event != 0) {
		sig = 0;
	} else if (sig == (SIGTRAP | 0x80)) {
		struct __ptrace_syscall_info info = { 0 };

		sig = 0;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
		    info.op == PTRACE_SYSCALL_INFO_EXIT && t->ends)
			write_log(t, info.exit.rval);
		else
			to_end = t->ends;
	}
	ptrace(to_end ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, (void *)(uintptr_t)sig);
}

static int
follow(pid_t first)
{
	int status, result = 125;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
			continue;
		}
		if (pid == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		find(pid)->ends = false;
		find(pid)->pid = 0;
	}
	return result;
}

static pid_t
start(char **argv)
{
	int gate[2];
	char c = 0;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &c, 1) != 1)
			_exit(125);
		install_filter();
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(uintptr_t)(PTRACE_O_TRACESECCOMP |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0)
		die("ptrace");
	find(pid);
	if (write(gate[1], &c, 1) != 1)
		die("pipe");
	close(gate[0]);
	close(gate[1]);
	return pid;
}

static void
options(int argc, char **argv, const char **count_file)
{
	int c;

	while ((c = getopt(argc, argv, "+n:1e:fsx:c:l:w:")) != -1) {
		switch (c) {
		case 'n': at = strtol(optarg, NULL, 10); break;
		case '1': only_one = true; break;
		case 'e': fail_with = (int)strtol(optarg, NULL, 10); break;
		case 'f': from_there = true; break;
		case 's': half = true; break;
		case 'x': passed_over = optarg; break;
		case 'c': *count_file = optarg; break;
		case 'l':
			log_file = fopen(optarg, "we");
			if (log_file == NULL)
				die(optarg);
			break;
		case 'w':
			if (n_watched == MAX_WATCHED)
				die("too many folders");
			watched[n_watched++] = optarg;
			break;
		default:
			exit(125);
		}
	}
}

int
main(int argc, char **argv)
{
	const char *count_file = NULL;
	int result;

	options(argc, argv, &count_file);
	if (optind >= argc)
		die("usage");
	result = follow(start(argv + optind));
	if (log_file != NULL && fclose(log_file) != 0)
		die("log");
	if (count_file != NULL) {
		FILE *f = fopen(count_file, "we");

		if (f == NULL || fprintf(f, "%ld %ld\n", count, struck) < 0 || fclose(f) != 0)
			die(count_file);
	}
	return result;
}
