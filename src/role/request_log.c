#include "role/request_log.h"

#include "base/clock.h"
#include "base/mem.h"
#include "role/input_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A line has its end, and escapes take room: JSON's own quotes become two bytes each. */
enum { PAGE_PART_BYTES = 6 << 20, CURSORS_MAX = 8, SEGMENT_BYTES = 4 << 20 };

/* --- records ---------------------------------------------------------------------------------------------- */

static void add_text(struct buf *ret, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	buf_addf(ret, ",\"%s\":", name);
	buf_add_json(ret, str_from(value));
}

static void add_time(struct buf *ret, const char *name, int64_t time_us)
{
	char time[TIME_TEXT_MAX];
	if (time_us > 0)
		add_text(ret, name, time_format(time_us, time));
}

static void add_number(struct buf *ret, const char *name, int64_t number)
{
	if (number >= 0)
		buf_addf(ret, ",\"%s\":%" PRId64, name, number);
}

static void add_charges(struct buf *ret, const struct spend_sum *charged)
{
	add_number(ret, "charged_posts", (int64_t)charged->posts);
	add_number(ret, "charged_users", (int64_t)charged->users);
	add_number(ret, "charged_included", (int64_t)charged->included);
	buf_add_text(ret, ",\"cost_usd\":");
	spend_add_usd(ret, charged->usd);
	buf_add_text(ret, ",\"cost_usd_max\":");
	spend_add_usd(ret, charged->usd_max);
}

void request_record_write(struct buf *ret, const struct request_record *record)
{
	buf_addf(ret, "\"kind\":\"%s\"", record->kind);
	add_time(ret, "asked_at", record->asked_us);
	add_text(ret, "rule", record->rule);
	add_text(ret, "endpoint", record->endpoint);
	add_number(ret, "status", record->status > 0 ? record->status : -1);
	add_number(ret, "batch_id", record->batch_id > 0 ? record->batch_id : -1);
	add_number(ret, "posts", record->posts);
	add_number(ret, "new_posts", record->new_posts);
	add_number(ret, "repeated_posts", record->repeated_posts);
	if (record->is_charged)
		add_charges(ret, &record->charged);
	add_number(ret, "took_ms", record->took_us > 0 ? record->took_us / 1000 : -1);
	add_number(ret, "wait_ms", record->wait_us > 0 ? record->wait_us / 1000 : -1);
	add_text(ret, "error", record->error);
	add_time(ret, "gap_from", record->gap_from_us);
	add_time(ret, "gap_to", record->gap_to_us);
	add_text(ret, "gap_cause", record->gap_cause);
	add_text(ret, "file", record->file);
	if (record->file)
		add_number(ret, "file_line", (int64_t)record->file_line);
}

/* --- their journal ---------------------------------------------------------------------------------------- */

enum err_kind request_log_open(struct request_log *log, const char *dir,
			       const struct settings *settings, uint64_t limit_bytes,
			       struct err *err)
{
	char *path = mem_printf("%s/requests", dir);
	int64_t segment = settings->segment_bytes; /* those that are collected go soon */
	struct journal_options options = { .dir = path,
					   .segment_bytes = segment < SEGMENT_BYTES ?
								    (uint64_t)segment :
								    SEGMENT_BYTES,
					   .limit_bytes = limit_bytes };
	enum err_kind kind = journal_open(&options, &log->journal, err);
	free(path);
	TRY(kind);
	struct str last = journal_cursor(log->journal, STR("number"));
	uint64_t number = 0;
	if (last.ptr && !str_to_u64(last, &number))
		return err_set(err, ERR_FATAL, "the number of requests cannot be read: %.*s",
			       STR_ARG(last));
	log->next = number + 1;
	return ERR_NONE;
}

void request_log_close(struct request_log *log)
{
	journal_close(log->journal);
	buf_release(&log->lines);
	*log = (struct request_log){ 0 };
}

static void add_line(struct buf *ret, uint64_t number, struct str members, struct str page)
{
	buf_addf(ret, "{\"number\":%" PRIu64 ",%.*s", number, STR_ARG(members));
	if (page.len > 0) {
		buf_add_text(ret, ",\"page\":");
		buf_add_json(ret, page);
	}
	buf_add_text(ret, "}\n");
}

static struct str take_part(struct str *page)
{
	struct str part = str_head(*page, PAGE_PART_BYTES);
	*page = str_make(page->ptr + part.len, page->len - part.len);
	return part;
}

static void add_rest(struct buf *ret, uint64_t number, struct str part)
{
	char time[TIME_TEXT_MAX];
	struct buf members = { 0 };
	buf_addf(&members, "\"kind\":\"rest\",\"asked_at\":\"%s\"",
		 time_format(clock_now_us(), time));
	add_line(ret, number, buf_str(&members), part);
	buf_release(&members);
}

enum err_kind request_log_add(struct request_log *log, struct str members, struct str page,
			      const struct cursor_change *cursors, size_t cursor_count,
			      struct err *err)
{
	struct cursor_change changes[CURSORS_MAX];
	struct str record;
	uint64_t number = log->next - 1;
	char last[24];
	buf_reset(&log->lines);
	while (str_split(&members, '\n', &record)) {
		add_line(&log->lines, ++number, record, take_part(&page));
		while (page.len > 0)
			add_rest(&log->lines, ++number, take_part(&page));
	}
	snprintf(last, sizeof last, "%" PRIu64, number);
	changes[0] = (struct cursor_change){ .name = STR("number"), .value = str_from(last) };
	for (size_t i = 0; i < cursor_count; i++)
		changes[i + 1] = cursors[i];
	struct extent extent = { .lines = buf_str(&log->lines),
				 .cursors = changes,
				 .cursor_count = cursor_count + 1 };
	TRY(journal_append(log->journal, &extent, err));
	log->next = number + 1;
	return journal_sync(log->journal, err);
}

/* --- recorded files --------------------------------------------------------------------------------------- */

enum { FILE_CURSOR_MAX = 80 };

static struct str file_cursor(const char *sha256, char ret_name[FILE_CURSOR_MAX])
{
	snprintf(ret_name, FILE_CURSOR_MAX, "file:%s", sha256);
	return str_from(ret_name);
}

enum err_kind request_log_keep_page(struct request_log *log, const struct input_file *file,
				    uint64_t file_line, struct str page, struct err *err)
{
	char name[FILE_CURSOR_MAX], line[24];
	uint64_t kept = 0;
	struct buf members = { 0 };
	struct cursor_change change = { .name = file_cursor(file->sha256, name) };
	struct str last = journal_cursor(log->journal, change.name);
	if (last.ptr && str_to_u64(last, &kept) && file_line <= kept)
		return ERR_NONE;
	snprintf(line, sizeof line, "%" PRIu64, file_line);
	change.value = str_from(line);
	struct request_record record = { .kind = "page",
					 .asked_us = clock_now_us(),
					 .posts = -1,
					 .new_posts = -1,
					 .repeated_posts = -1,
					 .file = file->name,
					 .file_line = file_line };
	request_record_write(&members, &record);
	enum err_kind kind = request_log_add(log, buf_str(&members), page, &change, 1, err);
	buf_release(&members);
	return kind == ERR_RETRY ? err->kind = ERR_FATAL : kind;
}

enum err_kind request_log_forget_file(struct request_log *log, const char *sha256, struct err *err)
{
	char name[FILE_CURSOR_MAX];
	struct cursor_change change = { .name = file_cursor(sha256, name) };
	struct extent extent = { .cursors = &change, .cursor_count = 1 };
	if (!journal_cursor(log->journal, change.name).ptr)
		return ERR_NONE;
	TRY(journal_append(log->journal, &extent, err));
	return journal_sync(log->journal, err);
}
