/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The OS's trust modules through p11-kit, configured here for a user of no
 * account, and the list of public roots.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nss-fixture.h"
#include "token-module.h"

static void
write_file(const struct nss_folder *home, const char *name, const void *data, size_t len)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", home->dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void RS_PRINTF(3, 4)
write_text(const struct nss_folder *home, const char *name, const char *fmt, ...)
{
	RS_AUTOFREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	write_file(home, name, text, strlen(text));
}

static void
write_pem(const struct nss_folder *home, const char *name, const struct nss_cert *cert)
{
	RS_AUTOFREE char *base64 = rs_base64(cert->der, cert->len);

	write_text(home, name, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
		   base64);
}

/* A home whose p11-kit reads what is in its folder "trust", and nothing of the system. */
static void
home_make(struct nss_folder *home)
{
	static const char *const dirs[] = {
		".config", ".config/pkcs11", ".config/pkcs11/modules",
		"trust", "trust/anchors", "trust/blocklist",
	};

	nss_folder_make(home, "home");
	assert_int_equal(chmod(home->top, 0755), 0);
	assert_int_equal(chmod(home->dir, 0755), 0);
	for (size_t i = 0; i < RS_COUNT(dirs); i++) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", home->dir, dirs[i]);

		assert_int_equal(mkdir(path, 0755), 0);
	}
	write_text(home, ".config/pkcs11/pkcs11.conf", "user-config: only\n");
	write_text(home, ".config/pkcs11/modules/ours.module",
		   "module: p11-kit-trust.so\ntrust-policy: yes\n"
		   "x-init-reserved: paths='%s/trust'\n",
		   home->dir);
}

static void
describe(void)
{
	RS_CLEANUP(rs_array_free) struct rs_array objects;
	RS_AUTOFREE char *why = NULL;
	bool ok;

	rs_array_init(&objects, rs_token_object_free);
	ok = rs_token_os(&objects, &why);
	printf("%s: %s\n", ok ? "read" : "failed", why ? why : "no problem");
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *object = objects.v[i];

		printf("%lx %s trusted %d distrusted %d trust %x from %s in %s\n", object->class,
		       object->cert->sha256 ? object->cert->sha256 :
		       object->cert->sha1 ? object->cert->sha1 : "-", object->trusted,
		       object->distrusted, object->trust, object->origin ? object->origin : "-",
		       object->token);
	}
	fflush(stdout);
}

/*
 * In a process of its own, as p11-kit reads its configuration once, and not
 * as root, to whom it denies one of their own. What goes to standard error is
 * part of what comes back: it must be nothing.
 */
static char *
read_as_user(const struct nss_folder *home)
{
	RS_AUTOBUF struct rs_buf out = { 0 };
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		setenv("HOME", home->dir, 1);
		unsetenv("XDG_CONFIG_HOME");
		unsetenv("P11_KIT_NO_USER_CONFIG");
		describe();
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(rs_read_all(pipes[0], 1 << 20, &out), 0);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return rs_buf_steal(&out);
}

static void RS_PRINTF(2, 3)
assert_says(const char *text, const char *fmt, ...)
{
	RS_AUTOFREE char *want = NULL;
	va_list ap;

	va_start(ap, fmt);
	want = rs_vprintf(fmt, ap);
	va_end(ap);
	if (strstr(text, want) == NULL)
		fail_msg("\"%s\" is not in:\n%s", want, text);
}

static void
test_anchor_and_distrust(void **state RS_UNUSED)
{
	NSS_FOLDER(home);
	NSS_CERT(a);
	NSS_CERT(b);
	RS_AUTOFREE char *text = NULL;

	home_make(&home);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "B", 2, 2);
	write_pem(&home, "trust/anchors/a.pem", &a);
	write_pem(&home, "trust/blocklist/b.pem", &b);
	text = read_as_user(&home);
	assert_true(rs_starts(text, "read: no problem\n"));
	assert_says(text, "1 %s trusted 1 distrusted 0 trust 0 from %s/trust/anchors/a.pem in ",
		    a.cert->sha256, home.dir);
	assert_says(text, "1 %s trusted 0 distrusted 1 trust 0 from %s/trust/blocklist/b.pem in ",
		    b.cert->sha256, home.dir);
	assert_says(text, "ce534353 %s trusted 0 distrusted 0 trust f", a.cert->sha1);
	assert_says(text, "ce534353 %s trusted 0 distrusted 1 trust 0", b.cert->sha1);
}

/* Of what is distrusted p11-kit may know no more than issuer and serial. */
static void
test_distrust_without_certificate(void **state RS_UNUSED)
{
	NSS_FOLDER(home);
	RS_AUTOFREE char *text = NULL;

	home_make(&home);
	write_text(&home, "trust/blocklist/lone.p11-kit", "[p11-kit-object-v1]\n"
		   "class: certificate\ncertificate-type: x-509\nx-distrusted: true\n"
		   "issuer: \"0%%0b1%%090%%07%%06%%03U%%04%%03%%0c%%00\"\n"
		   "serial-number: \"%%02%%01%%07\"\n");
	text = read_as_user(&home);
	assert_says(text, "1 - trusted 0 distrusted 1 trust 0");
}

static void
test_nothing(void **state RS_UNUSED)
{
	NSS_FOLDER(home);
	RS_AUTOFREE char *text = NULL;

	home_make(&home);
	text = read_as_user(&home);
	assert_string_equal(text, "read: no problem\n");
}

/* One module that fails is named, and takes nothing from the others. */
static void
test_broken_modules(void **state RS_UNUSED)
{
	static const char *const modules[] = { "/nonexistent/module.so", "libc.so.6" };

	for (size_t i = 0; i < RS_COUNT(modules); i++) {
		NSS_FOLDER(home);
		NSS_CERT(a);
		RS_AUTOFREE char *text = NULL;

		home_make(&home);
		nss_cert_make(&a, "A", 1, 1);
		write_pem(&home, "trust/anchors/a.pem", &a);
		write_text(&home, ".config/pkcs11/modules/broken.module",
			   "module: %s\ntrust-policy: yes\n", modules[i]);
		text = read_as_user(&home);
		assert_true(rs_starts(text, "read: p11-kit: couldn't "));
		assert_says(text, "%s", modules[i]);
		assert_says(text, "1 %s trusted 1", a.cert->sha256);
	}
}

static void
test_no_start(void **state RS_UNUSED)
{
	NSS_FOLDER(home);
	NSS_CERT(a);
	RS_AUTOFREE char *text = NULL, *why = NULL, *path = NULL;
	CK_FUNCTION_LIST *unfit = rs_token_module_load(RS_NSS_LIBDIRS, "libsoftokn3.so", &why);

	assert_non_null(unfit);
	path = p11_kit_module_get_filename(unfit);
	p11_kit_module_release(unfit);
	home_make(&home);
	nss_cert_make(&a, "A", 1, 1);
	write_pem(&home, "trust/anchors/a.pem", &a);
	/* Softoken needs parameters that are not p11-kit's to give. */
	write_text(&home, ".config/pkcs11/modules/unfit.module",
		   "module: %s\ntrust-policy: yes\n", path);
	text = read_as_user(&home);
	assert_true(rs_starts(text, "read: "));
	assert_says(text, "unfit: ");
	assert_says(text, "1 %s trusted 1", a.cert->sha256);
}

static void
test_no_source(void **state RS_UNUSED)
{
	NSS_FOLDER(home);
	RS_AUTOFREE char *text = NULL;

	home_make(&home);
	write_text(&home, ".config/pkcs11/modules/ours.module", "module: p11-kit-trust.so\n");
	text = read_as_user(&home);
	/* No reader, and nothing wrong with it. */
	assert_true(rs_starts(text, "failed: no problem"));
}

/* p11-kit gives up on all of them then, for every program. */
static void
test_broken_configuration(void **state RS_UNUSED)
{
	NSS_FOLDER(home);
	RS_AUTOFREE char *text = NULL;

	home_make(&home);
	write_text(&home, ".config/pkcs11/modules/garbage.module", "this is no configuration\n");
	text = read_as_user(&home);
	assert_true(rs_starts(text, "failed: p11-kit: "));
	assert_says(text, "garbage.module: ");
}

static void
test_this_system(void **state RS_UNUSED)
{
	RS_CLEANUP(rs_array_free) struct rs_array objects;
	RS_AUTOFREE char *why = NULL;
	size_t trusted = 0, vouched = 0;

	rs_array_init(&objects, rs_token_object_free);
	assert_true(rs_token_os(&objects, &why));
	assert_null(why);
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *object = objects.v[i];

		assert_non_null(object->token);
		if (object->class == RS_CKO_CERTIFICATE && object->trusted) {
			assert_non_null(object->origin);
			assert_int_equal(access(object->origin, R_OK), 0);
			trusted++;
		}
		vouched += object->trust != 0;
	}
	assert_true(trusted > 0);
	assert_int_equal(trusted, vouched);
}

static void
free_cert(void *cert)
{
	rs_cert_free(cert);
}

static void
test_public(void **state RS_UNUSED)
{
	/* ISRG Root X1 */
	static const char known[] =
	    "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6";
	RS_CLEANUP(rs_array_free) struct rs_array certs;
	RS_AUTOFREE char *why = NULL;
	bool there = false;

	rs_array_init(&certs, free_cert);
	assert_true(rs_token_public(&certs, &why));
	assert_null(why);
	assert_true(certs.n > 100 && certs.n < 1000);
	for (size_t i = 0; i < certs.n; i++) {
		const struct rs_cert *cert = certs.v[i];

		assert_true(rs_is_hex(cert->sha256, 64));
		there |= rs_streq(cert->sha256, known);
	}
	assert_true(there);
}

/* To the OS store under libnssckbi's name everything that was added is public. */
static void
test_public_in_disguise(void **state RS_UNUSED)
{
	CK_FUNCTION_LIST **modules = p11_kit_modules_load(NULL, P11_KIT_MODULE_TRUSTED);
	RS_CLEANUP(rs_array_free) struct rs_array certs;
	RS_AUTOFREE char *why = NULL, *path = NULL, *fake = NULL;
	CK_FUNCTION_LIST *trust;
	NSS_FOLDER(folder);

	rs_array_init(&certs, free_cert);
	nss_folder_make(&folder, NULL);
	trust = p11_kit_module_for_name(modules, "p11-kit-trust");
	assert_non_null(trust);
	path = p11_kit_module_get_filename(trust);
	fake = rs_printf("%s/libnssckbi.so", folder.dir);
	assert_int_equal(symlink(path, fake), 0);
	p11_kit_modules_release(modules);
	assert_false(rs_token_public_from(folder.dir, &certs, &why));
	assert_int_equal(certs.n, 0);
	assert_string_equal(why, "libnssckbi.so is not Mozilla's list of public roots here, but "
			    "\"PKCS#11 Kit Trust Module\" by \"PKCS#11 Kit\"");
}

static void
test_public_missing(void **state RS_UNUSED)
{
	RS_CLEANUP(rs_array_free) struct rs_array certs;
	RS_AUTOFREE char *why = NULL;

	rs_array_init(&certs, free_cert);
	assert_false(rs_token_public_from("/nonexistent", &certs, &why));
	assert_true(rs_starts(why, "libnssckbi.so is in none of the usual places: install "));
}

/* The hash decides; issuer and serial, which anybody can choose, only without one. */
static void
test_trust_is_for(void **state RS_UNUSED)
{
	struct rs_token_object *trust;
	RS_AUTOFREE unsigned char *name = NULL, *sha1 = NULL, *sha256 = NULL;
	size_t name_len, len;
	NSS_CERT(a);
	NSS_CERT(b);
	NSS_CERT(other);

	nss_cert_make(&a, "localhost", 1, 1);
	nss_cert_make(&b, "localhost", 1, 2);
	nss_cert_make(&other, "localhost", 2, 3);
	assert_true(rs_unbase64(a.cert->issuer_der, &name, &name_len));
	assert_true(rs_unhex(a.cert->sha1, &sha1, &len));
	assert_true(rs_unhex(a.cert->sha256, &sha256, &len));
	for (int i = 0; i < 2; i++) {
		trust = rs_token_object_new(RS_CKO_NSS_TRUST);
		rs_token_object_identify(trust, name, name_len, "\2\1\1", 3,
					 i == 0 ? sha1 : sha256, i == 0 ? 20 : 32, 0);
		assert_true(rs_token_trust_is_for(trust, a.cert));
		assert_false(rs_token_trust_is_for(trust, b.cert));
		rs_token_object_free(trust);
	}
	trust = rs_token_object_new(RS_CKO_NSS_TRUST);
	rs_token_object_identify(trust, name, name_len, "\2\1\1", 3, NULL, 0, 0);
	assert_true(rs_token_trust_is_for(trust, a.cert));
	assert_true(rs_token_trust_is_for(trust, b.cert));
	assert_false(rs_token_trust_is_for(trust, other.cert));
	rs_token_object_free(trust);
	trust = rs_token_object_new(RS_CKO_TRUST);
	rs_token_object_identify(trust, NULL, 0, NULL, 0, NULL, 0, 0);
	assert_false(rs_token_trust_is_for(trust, a.cert));
	rs_token_object_free(trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/token/anchor-and-distrust", test_anchor_and_distrust),
		NSS_TEST("/token/distrust-without-certificate", test_distrust_without_certificate),
		NSS_TEST("/token/nothing", test_nothing),
		NSS_TEST("/token/broken-modules", test_broken_modules),
		NSS_TEST("/token/no-start", test_no_start),
		NSS_TEST("/token/no-source", test_no_source),
		NSS_TEST("/token/broken-configuration", test_broken_configuration),
		NSS_TEST("/token/this-system", test_this_system),
		NSS_TEST("/token/trust-is-for", test_trust_is_for),
		NSS_TEST("/token/public", test_public),
		NSS_TEST("/token/public-in-disguise", test_public_in_disguise),
		NSS_TEST("/token/public-missing", test_public_missing),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
