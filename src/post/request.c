/* A request record as a row. Its members have the columns' names, so there is one list of them. A member
 * that is not what its column holds leaves it NULL: these records are ours, from a journal that checks its
 * bytes, and what matters is that none of them is lost. */
#include "post/reader.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMN(column, of_kind)                                                                    \
	{                                                                                          \
		.name = #column, .path = "/" #column, .type = {.kind = of_kind }                   \
	}
static const struct post_column request_table[] = {
	COLUMN(number, COLUMN_INT),
	COLUMN(kind, COLUMN_TEXT),
	COLUMN(asked_at, COLUMN_TIME),
	COLUMN(rule, COLUMN_TEXT),
	COLUMN(endpoint, COLUMN_TEXT),
	COLUMN(status, COLUMN_INT),
	COLUMN(batch_id, COLUMN_INT),
	COLUMN(posts, COLUMN_INT),
	COLUMN(new_posts, COLUMN_INT),
	COLUMN(repeated_posts, COLUMN_INT),
	COLUMN(charged_posts, COLUMN_INT),
	COLUMN(charged_users, COLUMN_INT),
	COLUMN(charged_included, COLUMN_INT),
	COLUMN(cost_usd, COLUMN_DOUBLE),
	COLUMN(cost_usd_max, COLUMN_DOUBLE),
	COLUMN(took_ms, COLUMN_INT),
	COLUMN(wait_ms, COLUMN_INT),
	COLUMN(error, COLUMN_TEXT),
	COLUMN(gap_from, COLUMN_TIME),
	COLUMN(gap_to, COLUMN_TIME),
	COLUMN(gap_cause, COLUMN_TEXT),
	COLUMN(page, COLUMN_TEXT),
	COLUMN(file, COLUMN_TEXT),
	COLUMN(file_line, COLUMN_INT),
	COLUMN(stream_id, COLUMN_TEXT),
	COLUMN(stream_offset, COLUMN_INT),
};
enum {
	COUNT = sizeof request_table / sizeof *request_table,
	STREAM_OFFSET = COUNT - 1,
	STREAM_ID = COUNT - 2,
};

struct request_reader {
	char stream_id[40];
	const struct column_lender *lender;
	struct json_doc doc;
};

const struct post_column *request_columns(size_t *ret_count)
{
	*ret_count = COUNT;
	return request_table;
}

struct request_reader *request_reader_new(const char *stream_id, const struct column_lender *lender)
{
	struct request_reader *reader = mem_zalloc(1, sizeof *reader);
	snprintf(reader->stream_id, sizeof reader->stream_id, "%s", stream_id);
	reader->lender = lender;
	return reader;
}

void request_reader_free(struct request_reader *reader)
{
	if (!reader)
		return;
	json_release(&reader->doc);
	free(reader);
}

enum err_kind request_reader_time(struct request_reader *reader, struct str line, int64_t *ret_us,
				  struct err *err)
{
	int64_t number;
	TRY(json_read(&reader->doc, line, err));
	yyjson_val *root = reader->doc.root;
	if (!json_get_i64(root, "number", &number) || number < 0)
		return err_set(err, ERR_REJECT, "a request record has a number");
	if (time_parse(json_get_text(root, "asked_at"), ret_us) == TIME_BAD)
		return err_set(err, ERR_REJECT, "a request record has a time, asked_at");
	return ERR_NONE;
}

static void put_text(const struct request_reader *reader, struct column_vector *vector, size_t row,
		     struct str text)
{
	reader->lender->put_text(vector, row, text);
	fill_valid(vector, row);
}

static void put_double(struct column_vector *vector, size_t row, struct str number)
{
	char text[64];
	if (number.len == 0 || number.len >= sizeof text)
		return;
	snprintf(text, sizeof text, "%.*s", STR_ARG(number));
	((double *)vector->data)[row] = strtod(text, NULL);
	fill_valid(vector, row);
}

static void put_value(const struct request_reader *reader, struct column_vector *vector, size_t row,
		      yyjson_val *val)
{
	int64_t number;
	switch (vector->type->kind) {
	case COLUMN_TEXT:
		if (yyjson_is_str(val))
			put_text(reader, vector, row, json_text(val));
		break;
	case COLUMN_INT:
		if (yyjson_is_raw(val) && str_to_i64(json_text(val), &number))
			fill_int(vector, row, number);
		break;
	case COLUMN_TIME:
		if (yyjson_is_str(val) && time_parse(json_text(val), &number) != TIME_BAD)
			fill_int(vector, row, number);
		break;
	case COLUMN_DOUBLE:
		if (yyjson_is_raw(val))
			put_double(vector, row, json_text(val));
		break;
	case COLUMN_BOOL:
	case COLUMN_JSON:
	case COLUMN_LIST:
	case COLUMN_STRUCT:
		assert(!"a kind that no column of request_log has");
	}
}

enum err_kind request_reader_fill(struct request_reader *reader, struct str line,
				  uint64_t stream_offset, struct column_vector *columns, size_t row,
				  struct err *err)
{
	int64_t ignored;
	TRY(request_reader_time(reader, line, &ignored, err));
	for (int i = 0; i < STREAM_ID; i++) {
		yyjson_val *val = json_get(reader->doc.root, request_table[i].name);
		if (val)
			put_value(reader, &columns[i], row, val);
	}
	put_text(reader, &columns[STREAM_ID], row, str_from(reader->stream_id));
	fill_int(&columns[STREAM_OFFSET], row, (int64_t)stream_offset);
	return ERR_NONE;
}
