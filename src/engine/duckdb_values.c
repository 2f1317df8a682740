/* Values as text and as JSON. Types that hold others are walked by their vectors. */
#include "engine/duckdb_private.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

bool cell_is_null(duckdb_vector vector, idx_t row)
{
	uint64_t *validity = duckdb_vector_get_validity(vector);
	return validity && !duckdb_validity_row_is_valid(validity, row);
}

static void add_quoted(const struct cell *cell, struct str text, struct buf *ret)
{
	if (cell->json)
		buf_add_json(ret, text);
	else
		buf_add_str(ret, text);
}

static void add_hugeint(__int128 value, int scale, struct buf *ret)
{
	char digits[64];
	size_t at = sizeof digits;
	bool negative = value < 0;
	unsigned __int128 rest = negative ? -(unsigned __int128)value : (unsigned __int128)value;
	for (int place = 0; rest > 0 || place <= scale; place++) {
		if (place == scale && scale > 0)
			digits[--at] = '.';
		digits[--at] = (char)('0' + (int)(rest % 10));
		rest /= 10;
	}
	if (negative)
		digits[--at] = '-';
	buf_add(ret, digits + at, sizeof digits - at);
}

__int128 cell_integer_at(duckdb_type type, const void *data, idx_t row)
{
	switch (type) {
	case DUCKDB_TYPE_TINYINT:
		return ((const int8_t *)data)[row];
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)data)[row];
	case DUCKDB_TYPE_INTEGER:
		return ((const int32_t *)data)[row];
	case DUCKDB_TYPE_BIGINT:
		return ((const int64_t *)data)[row];
	case DUCKDB_TYPE_UTINYINT:
		return ((const uint8_t *)data)[row];
	case DUCKDB_TYPE_USMALLINT:
		return ((const uint16_t *)data)[row];
	case DUCKDB_TYPE_UINTEGER:
		return ((const uint32_t *)data)[row];
	case DUCKDB_TYPE_UBIGINT:
		return ((const uint64_t *)data)[row];
	default: {
		const duckdb_hugeint *huge = (const duckdb_hugeint *)data + row;
		return (__int128)((unsigned __int128)(uint64_t)huge->upper << 64 | huge->lower);
	}
	}
}

/* Years outside 1..9999 have no ISO 8601 spelling and stay empty. */
static void add_time(const struct cell *cell, int64_t time_us, struct buf *ret)
{
	char text[TIME_TEXT_MAX];
	if (time_us == INT64_MAX || time_us == -INT64_MAX)
		add_quoted(cell, time_us > 0 ? STR("infinity") : STR("-infinity"), ret);
	else
		add_quoted(cell, str_from(time_format(time_us, text)), ret);
}

static int64_t floor_divide(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

/* Timestamps of other units, as far as they have an ISO 8601 spelling; finer digits than microseconds are
 * cut off. */
static void add_scaled_time(const struct cell *cell, duckdb_type type, int64_t value,
			    struct buf *ret)
{
	int64_t times = type == DUCKDB_TYPE_TIMESTAMP_S  ? 1000000 :
			type == DUCKDB_TYPE_TIMESTAMP_MS ? 1000 :
							   1;
	if (value == INT64_MAX || value == -INT64_MAX)
		times = 1; /* infinity, in every unit */
	else if (type == DUCKDB_TYPE_TIMESTAMP_NS)
		value = floor_divide(value, 1000);
	if (__builtin_mul_overflow(value, times, &value))
		add_quoted(cell, STR(""), ret);
	else
		add_time(cell, value, ret);
}

static void add_time_of_day(const struct cell *cell, int64_t time_us, struct buf *ret)
{
	char text[32];
	snprintf(text, sizeof text, "%02d:%02d:%02d.%06d", (int)(time_us / 3600000000),
		 (int)(time_us / 60000000 % 60), (int)(time_us / 1000000 % 60),
		 (int)(time_us % 1000000));
	struct str spelled = str_from(text);
	if (time_us % 1000000 == 0)
		spelled.len -= 7;
	add_quoted(cell, spelled, ret);
}

/* DuckDB keeps them with the first bit turned over, so that they sort. */
static void add_uuid(const struct cell *cell, const duckdb_hugeint *value, struct buf *ret)
{
	char text[40];
	uint64_t upper = (uint64_t)value->upper ^ UINT64_C(1) << 63;
	snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(upper >> 32),
		 (unsigned)(upper >> 16 & 0xffff), (unsigned)(upper & 0xffff),
		 (unsigned)(value->lower >> 48),
		 (unsigned long long)(value->lower & UINT64_C(0xffffffffffff)));
	add_quoted(cell, str_from(text), ret);
}

static void add_date(const struct cell *cell, int32_t days, struct buf *ret)
{
	enum { DAYS_MAX = 4000000 }; /* more than 9999 years, and no overflow below */
	char text[TIME_TEXT_MAX] = "";
	if (days == INT32_MAX || days == -INT32_MAX) {
		add_quoted(cell, days > 0 ? STR("infinity") : STR("-infinity"), ret);
		return;
	}
	if (days >= -DAYS_MAX && days <= DAYS_MAX)
		time_format(days * INT64_C(86400000000), text);
	add_quoted(cell, str_make(text, text[0] ? 10 : 0), ret);
}

static void add_interval(const struct cell *cell, const duckdb_interval *interval, struct buf *ret)
{
	char text[96];
	uint64_t micros = interval->micros < 0 ? 0 - (uint64_t)interval->micros :
						 (uint64_t)interval->micros;
	int len = snprintf(text, sizeof text, "P%dM%dDT%s%llu.%06u", interval->months,
			   interval->days, interval->micros < 0 ? "-" : "",
			   (unsigned long long)(micros / 1000000), (unsigned)(micros % 1000000));
	while (text[len - 1] == '0')
		len--;
	len -= text[len - 1] == '.';
	text[len++] = 'S';
	add_quoted(cell, str_make(text, (size_t)len), ret);
}

static void add_list(const struct cell *cell, struct buf *ret)
{
	const duckdb_list_entry *entry =
		(const duckdb_list_entry *)duckdb_vector_get_data(cell->vector) + cell->row;
	struct cell item = { .vector = duckdb_list_vector_get_child(cell->vector),
			     .type = duckdb_list_type_child_type(cell->type),
			     .json = true };
	buf_add_byte(ret, '[');
	for (idx_t i = 0; i < entry->length; i++) {
		if (i > 0)
			buf_add_byte(ret, ',');
		item.row = entry->offset + i;
		cell_add(&item, ret);
	}
	buf_add_byte(ret, ']');
	duckdb_destroy_logical_type(&item.type);
}

static void add_struct(const struct cell *cell, struct buf *ret)
{
	idx_t count = duckdb_struct_type_child_count(cell->type);
	buf_add_byte(ret, '{');
	for (idx_t i = 0; i < count; i++) {
		char *name = duckdb_struct_type_child_name(cell->type, i);
		struct cell item = { .vector = duckdb_struct_vector_get_child(cell->vector, i),
				     .type = duckdb_struct_type_child_type(cell->type, i),
				     .row = cell->row,
				     .json = true };
		if (i > 0)
			buf_add_byte(ret, ',');
		buf_add_json(ret, str_from(name));
		buf_add_byte(ret, ':');
		cell_add(&item, ret);
		duckdb_destroy_logical_type(&item.type);
		duckdb_free(name);
	}
	buf_add_byte(ret, '}');
}

/* A map is a list of {key, value}; JSON has names for keys, whatever their type. */
static void add_map(const struct cell *cell, struct buf *ret)
{
	const duckdb_list_entry *entry =
		(const duckdb_list_entry *)duckdb_vector_get_data(cell->vector) + cell->row;
	duckdb_vector pairs = duckdb_list_vector_get_child(cell->vector);
	struct cell key = { .vector = duckdb_struct_vector_get_child(pairs, 0),
			    .type = duckdb_map_type_key_type(cell->type) };
	struct cell value = { .vector = duckdb_struct_vector_get_child(pairs, 1),
			      .type = duckdb_map_type_value_type(cell->type),
			      .json = true };
	struct buf name = { 0 };
	buf_add_byte(ret, '{');
	for (idx_t i = 0; i < entry->length; i++) {
		if (i > 0)
			buf_add_byte(ret, ',');
		key.row = value.row = entry->offset + i;
		buf_reset(&name);
		cell_add(&key, &name);
		buf_add_json(ret, buf_str(&name));
		buf_add_byte(ret, ':');
		cell_add(&value, ret);
	}
	buf_add_byte(ret, '}');
	buf_release(&name);
	duckdb_destroy_logical_type(&key.type);
	duckdb_destroy_logical_type(&value.type);
}

static void add_enum(const struct cell *cell, const void *data, struct buf *ret)
{
	static const duckdb_type kinds[] = { DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_USMALLINT,
					     DUCKDB_TYPE_UINTEGER };
	duckdb_type kind = duckdb_enum_internal_type(cell->type);
	for (size_t i = 0; i < 3; i++) {
		if (kinds[i] == kind) {
			char *word = duckdb_enum_dictionary_value(
				cell->type, (idx_t)cell_integer_at(kind, data, cell->row));
			add_quoted(cell, str_from(word), ret);
			duckdb_free(word);
		}
	}
}

static struct str bytes_at(const void *data, idx_t row)
{
	duckdb_string_t *bytes = (duckdb_string_t *)data + row;
	return str_make(duckdb_string_t_data(bytes), duckdb_string_t_length(*bytes));
}

void cell_add(const struct cell *cell, struct buf *ret)
{
	duckdb_type type = duckdb_get_type_id(cell->type);
	const void *data = duckdb_vector_get_data(cell->vector);
	if (type == DUCKDB_TYPE_SQLNULL || cell_is_null(cell->vector, cell->row)) {
		if (cell->json)
			buf_add_text(ret, "null");
		return;
	}
	switch (type) {
	case DUCKDB_TYPE_BOOLEAN:
		buf_add_text(ret, ((const bool *)data)[cell->row] ? "true" : "false");
		break;
	case DUCKDB_TYPE_FLOAT:
		engine_add_double((double)((const float *)data)[cell->row], true, cell->json, ret);
		break;
	case DUCKDB_TYPE_DOUBLE:
		engine_add_double(((const double *)data)[cell->row], false, cell->json, ret);
		break;
	case DUCKDB_TYPE_DECIMAL:
		add_hugeint(
			cell_integer_at(duckdb_decimal_internal_type(cell->type), data, cell->row),
			duckdb_decimal_scale(cell->type), ret);
		break;
	case DUCKDB_TYPE_VARCHAR:
		add_quoted(cell, bytes_at(data, cell->row), ret);
		break;
	case DUCKDB_TYPE_DATE:
		add_date(cell, ((const int32_t *)data)[cell->row], ret);
		break;
	case DUCKDB_TYPE_TIMESTAMP:
	case DUCKDB_TYPE_TIMESTAMP_TZ:
		add_time(cell, ((const int64_t *)data)[cell->row], ret);
		break;
	case DUCKDB_TYPE_TIMESTAMP_S:
	case DUCKDB_TYPE_TIMESTAMP_MS:
	case DUCKDB_TYPE_TIMESTAMP_NS:
		add_scaled_time(cell, type, ((const int64_t *)data)[cell->row], ret);
		break;
	case DUCKDB_TYPE_TIME:
		add_time_of_day(cell, ((const int64_t *)data)[cell->row], ret);
		break;
	case DUCKDB_TYPE_UUID:
		add_uuid(cell, (const duckdb_hugeint *)data + cell->row, ret);
		break;
	case DUCKDB_TYPE_BLOB:
		engine_add_blob(bytes_at(data, cell->row), cell->json, ret);
		break;
	case DUCKDB_TYPE_INTERVAL:
		add_interval(cell, (const duckdb_interval *)data + cell->row, ret);
		break;
	case DUCKDB_TYPE_ENUM:
		add_enum(cell, data, ret);
		break;
	case DUCKDB_TYPE_LIST:
		add_list(cell, ret);
		break;
	case DUCKDB_TYPE_STRUCT:
		add_struct(cell, ret);
		break;
	case DUCKDB_TYPE_MAP:
		add_map(cell, ret);
		break;
	default:
		add_hugeint(cell_integer_at(type, data, cell->row), 0, ret);
	}
}
