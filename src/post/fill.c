/* Values into column vectors. The rule everywhere: the vector gets a value only if rendering it gives
 * the source back; otherwise the source also goes to extra, under its own path. */
#include "post/reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void fill_valid(struct column_vector *vector, size_t row)
{
	vector->validity[row / 64] |= UINT64_C(1) << row % 64;
}

void fill_text(struct post_reader *reader, struct column_vector *vector, size_t row,
	       struct str text)
{
	reader->lender->put_text(vector, row, text);
	fill_valid(vector, row);
}

void fill_int(struct column_vector *vector, size_t row, int64_t value)
{
	((int64_t *)vector->data)[row] = value;
	fill_valid(vector, row);
}

size_t fill_list(struct post_reader *reader, struct column_vector *list, size_t row, size_t count)
{
	struct column_vector *child = &list->children[0];
	size_t first = child->used;
	if (first + count > child->cap) {
		size_t twice = child->cap * 2;
		reader->lender->grow(list, first + count > twice ? first + count : twice);
	}
	child->used += count;
	((struct list_entry *)list->data)[row] = (struct list_entry){ first, count };
	fill_valid(list, row);
	return first;
}

static bool fill_double(struct column_vector *vector, size_t row, struct str number)
{
	char text[64];
	int64_t whole;
	if (number.len >= sizeof text)
		return false;
	memcpy(text, number.ptr, number.len);
	text[number.len] = '\0';
	errno = 0;
	double value = strtod(text, NULL);
	if (!isfinite(value) || (errno == ERANGE && value == 0))
		return false;
	((double *)vector->data)[row] = value;
	fill_valid(vector, row);
	bool is_integer = strspn(text, "-0123456789") == number.len;
	return !is_integer || (str_to_i64(number, &whole) && whole >= -(INT64_C(1) << 53) &&
			       whole <= INT64_C(1) << 53);
}

/* All but lists and structs. Returns whether the vector gives the value back. */
static bool fill_scalar(struct post_reader *reader, struct column_vector *vector, size_t row,
			yyjson_val *val)
{
	int64_t number;
	switch (vector->type->kind) {
	case COLUMN_TEXT:
		if (!yyjson_is_str(val))
			return false;
		fill_text(reader, vector, row, json_text(val));
		return !json_is_repaired(&reader->doc, val);
	case COLUMN_BOOL:
		if (!yyjson_is_bool(val))
			return false;
		((bool *)vector->data)[row] = yyjson_get_bool(val);
		fill_valid(vector, row);
		return true;
	case COLUMN_INT:
		if (!yyjson_is_raw(val) || !str_to_i64(json_text(val), &number))
			return false;
		fill_int(vector, row, number);
		return true;
	case COLUMN_DOUBLE:
		return yyjson_is_raw(val) && fill_double(vector, row, json_text(val));
	case COLUMN_TIME: {
		if (!yyjson_is_str(val))
			return false;
		enum time_spelling spelling = time_parse(json_text(val), &number);
		if (spelling != TIME_BAD)
			fill_int(vector, row, number);
		return spelling == TIME_CANONICAL;
	}
	case COLUMN_JSON:
		if (yyjson_is_null(val))
			return false;
		buf_reset(&reader->json);
		json_write(&reader->json, &reader->doc, val);
		fill_text(reader, vector, row, buf_str(&reader->json));
		return true;
	case COLUMN_LIST:
	case COLUMN_STRUCT:
		break;
	}
	return false;
}

static void fill_items(struct post_reader *reader, struct column_vector *list, size_t row,
		       yyjson_val *array)
{
	size_t at, max, first = fill_list(reader, list, row, yyjson_arr_size(array));
	yyjson_val *item;
	yyjson_arr_foreach(array, at, max, item) {
		path_push_index(reader, at);
		fill_value(reader, &list->children[0], first + at, item);
		path_pop(reader);
	}
}

/* Members mostly come in the order of the columns, so the one behind the last is asked first. */
static size_t member_of(const struct column_type *type, yyjson_val *key, size_t likely)
{
	struct str name = json_text(key);
	if (likely < type->child_count && str_equal_short(type->children[likely].name, name))
		return likely;
	size_t i = 0;
	while (i < type->child_count && !str_equal_short(type->children[i].name, name))
		i++;
	return i;
}

static void fill_members(struct post_reader *reader, struct column_vector *vector, size_t row,
			 yyjson_val *object)
{
	size_t at, max, likely = 0;
	uint64_t seen = 0;
	yyjson_val *key, *item;
	fill_valid(vector, row);
	yyjson_obj_foreach(object, at, max, key, item) {
		size_t member = member_of(vector->type, key, likely);
		likely = member + 1;
		path_push_key(reader, key);
		if (member == vector->type->child_count) {
			extra_add(reader, item);
		} else {
			reader->duplicate |= seen >> member & 1;
			seen |= UINT64_C(1) << member;
			fill_value(reader, &vector->children[member], row, item);
		}
		path_pop(reader);
	}
}

void fill_value(struct post_reader *reader, struct column_vector *vector, size_t row,
		yyjson_val *val)
{
	if (vector->type->kind == COLUMN_LIST && yyjson_is_arr(val))
		fill_items(reader, vector, row, val);
	else if (vector->type->kind == COLUMN_STRUCT && yyjson_is_obj(val))
		fill_members(reader, vector, row, val);
	else if (!fill_scalar(reader, vector, row, val))
		extra_add(reader, val);
}
