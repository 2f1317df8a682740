/* Every backend in turn, each claim in a fresh store. A new backend is one line in the table. */
#pragma once
#include "base/test.h"

#include "base/hash.h"
#include "base/mem.h"
#include "store/store.h"
#include "base/stand_in.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Backends. */

struct backend {
	const char *name;
	char *(*new_location)(void); /* where a fresh store may be; freed by the caller */
	bool exchanges;
};

struct world {
	char *location;
	struct store *store;
	struct err err;
};

static inline char *local_location(void)
{
	return mem_printf("file://%s", test_dir());
}

/* Pages of few names, so that every list has several. */
static struct stand_in stand_in;

static inline char *stand_in_location(void)
{
	return hdfs_location(stand_in.namenode);
}

/* Where ./dev cluster-test has started one. */
static inline char *real_location(void)
{
	return hdfs_location(real_namenode());
}

static const struct backend backends[] = {
	{ "local", local_location, true },
	{ "webhdfs, stand-in", stand_in_location, false },
	{ "webhdfs, real", real_location, false },
};

static const struct backend *backend; /* whose turn it is */

static inline int set_up(void **state)
{
	struct world *world = mem_zalloc(1, sizeof *world);
	world->location = backend->new_location();
	assert_ok(store_open(world->location, &world->store, &world->err), world->err);
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;
	store_close(world->store);
	free(world->location);
	free(world);
	return 0;
}

/* Helpers. */

static inline void put(struct world *world, const char *path, const char *text)
{
	assert_ok(store_replace(world->store, path, str_from(text), &world->err), world->err);
}

static inline void make_dir(struct world *world, const char *path)
{
	assert_ok(store_make_dir(world->store, path, true, &world->err), world->err);
}

static inline void assert_holds(struct world *world, const char *path, const char *text)
{
	struct buf buf = { 0 };
	bool found = false;
	assert_ok(store_read(world->store, path, 1 << 20, &buf, &found, &world->err), world->err);
	assert_true(found);
	assert_str(buf_str(&buf), text);
	buf_release(&buf);
}

static inline bool is_there(struct world *world, const char *path)
{
	struct store_stat stat;
	assert_ok(store_stat(world->store, path, &stat, &world->err), world->err);
	return stat.found;
}

static inline void assert_names(struct world *world, const char *dir, const char *joined)
{
	struct name_list list = { 0 };
	struct buf buf = { 0 };
	assert_ok(store_list(world->store, dir, &list, &world->err), world->err);
	for (size_t i = 0; i < list.count; i++)
		buf_addf(&buf, "%s ", list.names[i]);
	assert_str(buf_str(&buf), joined);
	name_list_release(&list);
	buf_release(&buf);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* Runs the claims on one backend after another. */
static inline int run_everywhere(const struct CMUnitTest *claims, size_t count)
{
	int failed = 0;
	setenv("AVIARY_SCRATCH", test_dir(), 1);
	stand_in_start(&stand_in, "--page", "7");
	for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
		backend = &backends[i];
		if (backend->new_location != real_location || real_namenode())
			failed += _cmocka_run_group_tests(backend->name, claims, count, NULL, NULL);
	}
	stand_in_stop(&stand_in);
	return failed;
}
