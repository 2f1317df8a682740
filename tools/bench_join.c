/* bench-join: how fast pages of X become wire lines on one core.
 *
 *     bench-join FILE…        each file one search page
 *
 * Reads and joins the pages again and again for three CPU seconds: JSON, includes, hashtags, the line's
 * text and its content hash, everything between an answer's body and the journal. */
#include "base/mem.h"
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SECONDS = 3, LINE_BYTES_MAX = 16 << 20 };

static double cpu_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *path, const char *why)
{
	fprintf(stderr, "bench-join: %s: %s\n", path, why);
	exit(1);
}

static struct str read_whole(const char *path)
{
	struct buf buf = { 0 };
	char piece[65536];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file)
		die(path, "cannot be opened");
	while ((got = fread(piece, 1, sizeof piece, file)) > 0)
		buf_add(&buf, piece, got);
	fclose(file);
	size_t len = buf.len;
	return str_make(buf_detach(&buf), len);
}

/* How many lines the page gives, and their bytes. */
static size_t join(struct page_joiner *joiner, struct json_doc *doc, const char *path,
		   struct str page, uint64_t *bytes)
{
	const struct str rule = STR("birds");
	const struct page_options options = { .batch_id = 1,
					      .fetched_via = "search",
					      .fetched_at = STR("2026-11-23T07:00:00.000Z"),
					      .rules = &rule,
					      .rule_count = 1 };
	const struct source_sink sink = { 0 };
	const struct source_line *lines;
	size_t count, dropped;
	struct err err;
	if (json_read(doc, page, &err) != ERR_NONE ||
	    page_join(joiner, doc, &options, &sink, LINE_BYTES_MAX, &lines, &count, &dropped,
		      &err) != ERR_NONE)
		die(path, err.msg);
	for (size_t i = 0; i < count; i++)
		*bytes += lines[i].line.len;
	return count;
}

int main(int argc, char **argv)
{
	struct page_joiner *joiner = page_joiner_new();
	struct json_doc doc = { 0 };
	struct str *pages = mem_zalloc((size_t)argc, sizeof *pages);
	uint64_t posts = 0, bytes = 0, page_count = 0;
	for (int i = 1; i < argc; i++)
		pages[i] = read_whole(argv[i]);
	if (argc < 2)
		die("usage", "bench-join FILE…");
	double start = cpu_seconds(), spent = 0;
	for (; spent < SECONDS; spent = cpu_seconds() - start) {
		for (int i = 1; i < argc; i++, page_count++)
			posts += join(joiner, &doc, argv[i], pages[i], &bytes);
	}
	printf("%.0f posts/s on one core (%.2f CPU-us a post; %.0f posts a page, %.0f bytes a line)\n",
	       (double)posts / spent, spent / (double)posts * 1e6,
	       (double)posts / (double)page_count, (double)bytes / (double)posts);
	for (int i = 1; i < argc; i++)
		free((void *)pages[i].ptr);
	free(pages);
	json_release(&doc);
	page_joiner_free(joiner);
	return 0;
}
