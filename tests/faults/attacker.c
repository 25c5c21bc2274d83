/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attacker race HOME SEED TARGET...: what its user can do to a run of root's
 * that works in HOME, until SIGTERM; then HOME is as it was, as far as it can
 * be, and a line tells how often it did what. HOLD=1 in the environment: a
 * process that was stopped may stay so.
 *
 * attacker watch PLACE...: a line for each opening, reading and changing of
 * what lies in PLACE, by whomever, until SIGTERM.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define STATE ".local/state/rootsweep/records"
#define HIDDEN ".hidden"
#define MAX_WATCHES 4096

/* Shared by the processes of a race. */
static struct counts {
	unsigned long swaps, stops, limits, traces, traced, hits;
} *counts;

static volatile sig_atomic_t ended;
static char *const *targets;
static size_t targets_n;
static bool hold;

static const char *const folders[] = {
	".pki", ".pki/nssdb", ".mozilla", ".mozilla/firefox", ".mozilla/firefox/x.default",
	".config", ".local", ".local/state", ".local/state/rootsweep", STATE,
};
static const char *const files[] = {
	".pki/nssdb/cert9.db", ".pki/nssdb/key4.db", ".mozilla/firefox/profiles.ini",
	".mozilla/firefox/x.default/cert9.db", ".curlrc", ".gitconfig", ".npmrc",
};
static const char *const companions[] = {
	".pki/nssdb/cert9.db-wal", ".pki/nssdb/cert9.db-journal",
	".mozilla/firefox/x.default/cert9.db-wal",
};
static const char *const of_record[] = { "", "/record.xml", "/progress" };

static void
on_end(int signal)
{
	(void)signal;
	ended = 1;
}

static void
pause_up_to(unsigned microseconds)
{
	usleep((unsigned)random() % microseconds);
}

static const char *
any_target(void)
{
	return targets[(size_t)random() % targets_n];
}

/* --- swapping ------------------------------------------------------------- */

static bool
is_genuine(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_uid == getuid() &&
	    (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1));
}

static void
bring_back(const char *path)
{
	char hidden[PATH_MAX];

	snprintf(hidden, sizeof(hidden), "%s" HIDDEN, path);
	if (access(hidden, F_OK) < 0)
		return;
	if (!is_genuine(path))
		unlink(path);
	rename(hidden, path);
}

/* Where it is not to be, somebody else of hers was first. */
static void
make_link(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		pause_up_to(100);
}

/* Something else in the place of path. */
static void
put(const char *path)
{
	int fd;

	switch (random() % 8) {
	case 0:
		if (mkfifo(path, 0666) < 0)
			pause_up_to(100);
		break;
	case 1:
		/* What she may not write, the system may forbid her to link. */
		if (link(any_target(), path) < 0)
			make_link(any_target(), path);
		break;
	case 2:
		make_link("/dev/zero", path);
		break;
	case 3:
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0 && ftruncate(fd, 1L << 40) == 0)
			close(fd);
		break;
	default:
		make_link(any_target(), path);
	}
}

static void
swap(const char *path)
{
	char hidden[PATH_MAX];

	snprintf(hidden, sizeof(hidden), "%s" HIDDEN, path);
	if (rename(path, hidden) < 0)
		return;
	put(path);
	counts->swaps++;
	pause_up_to(2000);
	unlink(path);
	rename(hidden, path);
}

static void
add_companion(const char *path)
{
	make_link(any_target(), path);
	counts->swaps++;
	pause_up_to(1000);
	unlink(path);
}

/* Into others' homes, by dots and by full paths. */
static void
write_profiles(void)
{
	FILE *file = fopen(".mozilla/firefox/new.ini", "we");

	if (file == NULL)
		return;
	for (int i = 0; i < 4; i++) {
		bool relative = random() % 2 == 0;

		fprintf(file, "[Profile%d]\nName=p%d\nIsRelative=%d\nPath=%s%s\n\n", i, i, relative,
			relative ? "../../../.." : "", any_target());
	}
	fputs("[Profile9]\nName=x\nIsRelative=1\nPath=x.default\n", file);
	fclose(file);
	if (rename(".mozilla/firefox/new.ini", ".mozilla/firefox/profiles.ini") == 0)
		counts->swaps++;
}

/* One of the records, or a part of it; her own, made by the run. */
static void
swap_record(void)
{
	/* Not through her own link: the openings that are watched are not hers. */
	int fd = open(STATE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char path[PATH_MAX];

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && strstr(entry->d_name, HIDDEN) == NULL &&
		    random() % 2 == 0) {
			snprintf(path, sizeof(path), STATE "/%s%s", entry->d_name,
				 of_record[(size_t)random() % COUNT(of_record)]);
			swap(path);
		}
	closedir(dir);
}

static void
one_file(void)
{
	const char *file = files[(size_t)random() % COUNT(files)];

	switch (random() % 6) {
	case 0:
		write_profiles();
		break;
	case 1:
		add_companion(companions[(size_t)random() % COUNT(companions)]);
		break;
	case 2:
		swap_record();
		break;
	default:
		bring_back(file);
		swap(file);
	}
}

static void
race_folders(void)
{
	while (!ended) {
		const char *folder = folders[(size_t)random() % COUNT(folders)];

		bring_back(folder);
		swap(folder);
		pause_up_to(3000);
	}
}

static void
race_files(void)
{
	while (!ended) {
		one_file();
		pause_up_to(1500);
	}
}

/* At the moment when it is opened: between the look and the deed. */
static void
race_openings(void)
{
	static const char *const watched[] = {
		".pki/nssdb/cert9.db", ".mozilla/firefox/x.default/cert9.db",
	};

	while (!ended) {
		const char *file = watched[(size_t)random() % COUNT(watched)];
		int fd = inotify_init1(IN_CLOEXEC);
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (fd >= 0 && inotify_add_watch(fd, file, IN_OPEN | IN_ACCESS | IN_MODIFY) >= 0 &&
		    poll(&wait, 1, 50) > 0) {
			counts->hits++;
			swap(file);
		}
		if (fd >= 0)
			close(fd);
	}
}

/* --- the process that has become its user ---------------------------------- */

static bool
is_prey(const char *pid)
{
	char path[64], text[1024];
	unsigned uid;
	ssize_t n;
	const char *line;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	line = strstr(text, "\nUid:\t");
	return strncmp(text, "Name:\trootsweep\n", 16) == 0 && line != NULL &&
	    sscanf(line, "\nUid: %u", &uid) == 1 && uid == getuid();
}

static void
trace(pid_t pid)
{
	char path[64];
	int fd;

	counts->traces++;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0) {
		counts->traced++;
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	counts->traced++;
	close(fd);
}

static void
bother(pid_t pid)
{
	static const int limits[] = {
		RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CPU,
	};
	struct rlimit none = { 0, 0 };

	switch (random() % 24) {
	case 0:
		if (prlimit(pid, (enum __rlimit_resource)limits[(size_t)random() % COUNT(limits)],
			    &none, NULL) == 0)
			counts->limits++;
		break;
	case 1:
		trace(pid);
		break;
	case 2:
	case 3:
		if (kill(pid, SIGSTOP) < 0)
			break;
		counts->stops++;
		pause_up_to(30000);
		if (!hold || random() % 16 != 0)
			kill(pid, SIGCONT);
		break;
	default:
		pause_up_to(4000);
	}
}

static void
race_process(void)
{
	while (!ended) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		while (dir != NULL && !ended && (entry = readdir(dir)) != NULL)
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_prey(entry->d_name))
				bother((pid_t)atoi(entry->d_name));
		if (dir != NULL)
			closedir(dir);
		pause_up_to(2000);
	}
}

static void
tidy(void)
{
	for (size_t i = 0; i < COUNT(folders); i++)
		bring_back(folders[i]);
	for (size_t i = 0; i < COUNT(files); i++)
		bring_back(files[i]);
	for (size_t i = 0; i < COUNT(companions); i++)
		unlink(companions[i]);
}

static int
race(const char *home, unsigned seed)
{
	void (*const racers[])(void) = { race_folders, race_files, race_openings, race_process };
	pid_t pids[COUNT(racers)];

	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED || chdir(home) < 0)
		return 1;
	for (size_t i = 0; i < COUNT(racers); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			srandom(seed + (unsigned)i);
			racers[i]();
			_exit(0);
		}
	}
	while (!ended)
		pause();
	for (size_t i = 0; i < COUNT(racers); i++)
		if (pids[i] > 0) {
			kill(pids[i], SIGTERM);
			waitpid(pids[i], NULL, 0);
		}
	tidy();
	printf("swaps %lu openings %lu stops %lu limits %lu traces %lu traced %lu\n", counts->swaps,
	       counts->hits, counts->stops, counts->limits, counts->traces, counts->traced);
	return 0;
}

/* --- watching -------------------------------------------------------------- */

static char *watches[MAX_WATCHES];
static int watch_fd;

static int
add_watch(const char *path, const struct stat *st, int type, struct FTW *at)
{
	/* Not what tells of nothing that was seen or done: closing, and the like. */
	int watch = inotify_add_watch(watch_fd, path, IN_OPEN | IN_ACCESS | IN_MODIFY | IN_ATTRIB |
				      IN_CREATE | IN_DELETE | IN_MOVE | IN_DONT_FOLLOW);

	(void)st;
	(void)type;
	(void)at;
	if (watch < 0 || watch >= MAX_WATCHES)
		return -1;
	free(watches[watch]);
	watches[watch] = strdup(path);
	return 0;
}

static int
watch(char *const places[])
{
	char buffer[65536] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	watch_fd = inotify_init1(IN_CLOEXEC);
	for (; *places != NULL; places++)
		if (watch_fd < 0 || nftw(*places, add_watch, 16, FTW_PHYS) != 0) {
			fprintf(stderr, "%s cannot be watched: %s\n", *places, strerror(errno));
			return 1;
		}
	/* Adding the watches opened the folders. */
	usleep(100000);
	n = read(watch_fd, buffer, sizeof(buffer));
	puts("ready");
	fflush(stdout);
	while (!ended && (n = read(watch_fd, buffer, sizeof(buffer))) > 0)
		for (char *p = buffer; p < buffer + n;) {
			const struct inotify_event *event = (const void *)p;

			printf("%x %s/%s\n", event->mask, event->wd > 0 ? watches[event->wd] : "?",
			       event->len > 0 ? event->name : "");
			fflush(stdout);
			p += sizeof(*event) + event->len;
		}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sigaction act = { .sa_handler = on_end };

	sigaction(SIGTERM, &act, NULL);
	if (argc > 4 && strcmp(argv[1], "race") == 0) {
		targets = argv + 4;
		targets_n = (size_t)(argc - 4);
		hold = getenv("HOLD") != NULL;
		return race(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
	}
	if (argc > 2 && strcmp(argv[1], "watch") == 0)
		return watch(argv + 2);
	return 2;
}
