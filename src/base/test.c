/* Temporary directories of tests, and output that survives a crash. Linked into test programs only. */
#include "base/test.h"
#include "base/mem.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	char **paths;
	size_t count, cap;
	pid_t owner;
} made;

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

static void remove_all(void)
{
	if (getpid() != made.owner)
		return;
	for (size_t i = 0; i < made.count; i++) {
		nftw(made.paths[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
		free(made.paths[i]);
	}
	free(made.paths);
	made.paths = NULL;
	made.count = made.cap = 0;
}

const char *test_dir(void)
{
	if (!made.owner) {
		made.owner = getpid();
		atexit(remove_all);
	}
	const char *parent = getenv("TMPDIR");
	char *path = mem_printf("%s/aviary-test-XXXXXX", parent && *parent ? parent : "/tmp");
	if (!mkdtemp(path)) {
		perror(path);
		abort();
	}
	MEM_GROW(made.paths, made.cap, made.count + 1);
	made.paths[made.count++] = path;
	return path;
}

/* A sanitizer ends the program without flushing, and the claims that held would be lost. */
__attribute__((constructor)) static void write_by_lines(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}
