/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run on trial is put back by itself unless somebody says in time that it
 * is to stay. Its record says until when: any later run knows that the time
 * is over. So that none is needed, a timer of systemd's, else a child, waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apply.h"
#include "change.h"
#include "cmd.h"
#include "message.h"

#define SYSTEMD_RUN "/usr/bin/systemd-run"
#define SYSTEMD_SECONDS 20

/* Another run may be at work, or a browser have its database open. */
#define TRIES 20
#define TRY_SECONDS 30

static bool
is_over(const struct rs_records_job *job)
{
	for (size_t i = 0; i < job->records.n; i++)
		if (rs_record_is_on_trial(job->records.v[i]))
			return false;
	return job->problems.n == 0;
}

/* Not by the clock, which may be set: that much time has passed. */
static void
wait_until(const struct timespec *end)
{
	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, end, NULL) == EINTR)
		;
}

static void
detach(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, normal = { .sa_handler = SIG_DFL };
	int fd = open("/dev/null", O_RDWR);

	setsid();
	/* The terminal goes; a trial lasts. */
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &normal, NULL);
	if (fd < 0 || chdir("/") < 0)
		_exit(RS_EXIT_FAILED);
	for (int i = 0; i <= 2; i++)
		dup2(fd, i);
	close_range(3, ~0U, 0);
}

__attribute__((noreturn))
static void
child(const char *id, const struct rs_scope *scope, long seconds)
{
	struct rs_array ids;
	struct timespec end;

	clock_gettime(CLOCK_BOOTTIME, &end);
	detach();
	end.tv_sec += seconds;
	rs_array_init(&ids, free);
	rs_array_add_str(&ids, id);
	for (int try = 0; try < TRIES; try++) {
		struct rs_records_job job = {
			.what = RS_RECORDS_UNDO, .ids = &ids, .unless_kept = true,
		};
		bool over;

		wait_until(&end);
		rs_records_run(&job, scope);
		over = is_over(&job);
		rs_records_job_free(&job);
		if (over)
			break;
		end.tv_sec += TRY_SECONDS;
	}
	_exit(RS_EXIT_OK);
}

/* Lives on where a session's or a service's processes are all ended. */
static bool
start_timer(const char *id, long seconds)
{
	RS_AUTOFREE char *after = rs_printf("--on-active=%ld", seconds);
	RS_AUTOFREE char *unit = rs_printf("--unit=rootsweep-trial-%s", id);
	RS_AUTOFREE char *why = NULL;
	RS_AUTOBUF struct rs_buf output = { 0 };
	char self[PATH_MAX], real[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *argv[] = {
		SYSTEMD_RUN, "--quiet", "--collect", after, "--timer-property=AccuracySec=1s",
		"--property=Restart=on-failure", "--property=RestartSec=30",
		"--property=StartLimitIntervalSec=900", "--property=StartLimitBurst=20", unit,
		"--", self, "undo", id, "--unless-kept", "--yes", "--quiet", NULL,
	};

	self[n < 0 ? 0 : n] = '\0';
	if (access("/run/systemd/system", F_OK) < 0)
		return false;
	if (!rs_may_run(self, real, &why)) {
		rs_note("no timer of systemd's: %s", why);
		return false;
	}
	if (rs_run(argv, NULL, SYSTEMD_SECONDS, &output, &why) == 0)
		return true;
	rs_note("no timer of systemd's: %s", why != NULL ? why : output.data);
	return false;
}

void
rs_trial_start(const char *id, const struct rs_scope *scope, long seconds)
{
	pid_t pid;

	if (geteuid() == 0 && scope->root == NULL && start_timer(id, seconds))
		return;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(id, scope, seconds);
	if (pid < 0)
		rs_warn(NULL, "nothing waits for the trial to end: run rootsweep recover then");
}

/* The time of day here, with the day where it is another one. */
static char *
local_time(time_t t)
{
	time_t now = rs_now();
	struct tm then, today;
	char text[64];

	if (localtime_r(&t, &then) == NULL || localtime_r(&now, &today) == NULL)
		return rs_time_text(t);
	strftime(text, sizeof(text), then.tm_yday == today.tm_yday ? "%H:%M:%S" :
		 "%Y-%m-%d %H:%M:%S", &then);
	return rs_strdup(text);
}

void
rs_trial_tell(const struct rs_options *options, const char *id, time_t until,
	      struct rs_report *report)
{
	RS_AUTOFREE char *time = local_time(until);
	RS_AUTOFREE char *words = rs_command_words(options, "keep", id, false);

	rs_report_head(report, "This is a trial: at %s everything is put back by itself, even if "
		       "this computer\nwas switched off meanwhile. To leave it taken out, type "
		       "before that: %s", time, words);
}

void
rs_trial_warn(const struct rs_record *record)
{
	RS_AUTOFREE char *time = local_time(record->try_until);

	if (rs_record_is_expired(record))
		rs_warn(NULL, "the trial %s (%s) was to end at %s: rootsweep recover puts back what "
			"it took out", record->id, record->owner, time);
	else
		rs_warn(NULL, "a trial runs (%s, %s): at %s it is put back by itself; to leave it "
			"taken out: %srootsweep keep %s", record->id, record->owner, time,
			rs_sudo_word(rs_streq(record->owner, RS_OWNER_SYSTEM)), record->id);
}
