/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pkcs11.txt of an NSS database's folder. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "nss-modules.h"

static unsigned told, unread;

static void
on_fact(struct rs_sink *sink RS_UNUSED, const char *type, const char *text)
{
	told++;
	unread += rs_streq(type, RS_FACT_NOT_LOOKED_AT);
	FUZZ_HOLDS(rs_streq(type, RS_FACT_NOTICE) || rs_streq(type, RS_FACT_NOT_LOOKED_AT));
	FUZZ_HOLDS(strchr(text, '\n') == NULL);
}

/* A folder, which is gone at the end. */
static char dir[] = "/tmp/rootsweep-fuzz.XXXXXX";

static void
tidy(void)
{
	RS_AUTOFREE char *file = rs_printf("%s/pkcs11.txt", dir);

	unlink(file);
	rmdir(dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "alice";
	static struct rs_user user = { .name = name, .home = dir };
	static struct rs_home home = RS_HOME_NONE;
	static int fd;
	struct rs_sink sink = { .fact = on_fact };
	struct rs_home_reading reading = { .sink = &sink };
	struct rs_store *store;

	if (home.fd < 0) {
		FUZZ_HOLDS(mkdtemp(dir) != NULL);
		atexit(tidy);
		user.uid = getuid();
		user.gid = getgid();
		FUZZ_HOLDS(rs_home_hold(&home, &user, true));
		fd = openat(home.fd, "pkcs11.txt", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	}
	FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	reading.home = home;
	told = unread = 0;
	store = rs_store_new(RS_KIND_NSS, name, dir);
	rs_nss_modules_tell(&reading, home.fd, dir, store);
	/* What is left unread is no store without findings; few are named. */
	FUZZ_HOLDS(unread == 0 || store->state == RS_STORE_UNSUPPORTED);
	FUZZ_HOLDS(told <= 64);
	rs_store_free(store);
	return 0;
}
