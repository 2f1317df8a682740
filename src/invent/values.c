/* JSON values in X's spelling, and other layouts of finished JSON. Whether a comma is due is seen
 * from the last byte written: none behind an opening bracket or a colon. */
#include "base/clock.h"
#include "invent/render.h"
#include <ctype.h>

void put_comma(struct buf *out)
{
	char last = out->len > 0 ? out->ptr[out->len - 1] : '[';

	if (last != '{' && last != '[' && last != ':' && last != '\n')
		buf_add_byte(out, ',');
}

void put_key(struct buf *out, const char *name)
{
	put_comma(out);
	buf_add_byte(out, '"');
	buf_add_text(out, name);
	buf_add(out, "\":", 2);
}

static void put_escape(struct buf *out, unsigned unit, const char *digits)
{
	char escape[6] = { '\\',
			   'u',
			   digits[unit >> 12 & 15],
			   digits[unit >> 8 & 15],
			   digits[unit >> 4 & 15],
			   digits[unit & 15] };

	buf_add(out, escape, sizeof escape);
}

/* One code point as \uXXXX or as a pair of surrogates; returns its bytes. */
static size_t put_escaped_point(struct buf *out, const unsigned char *b, const char *digits)
{
	uint32_t point;

	if (b[0] < 0x80) {
		put_escape(out, b[0], digits);
		return 1;
	}
	if (b[0] < 0xe0) {
		put_escape(out, (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu), digits);
		return 2;
	}
	if (b[0] < 0xf0) {
		put_escape(out, (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu), digits);
		return 3;
	}
	point = ((b[0] & 7u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu)) -
		0x10000;
	put_escape(out, 0xd800 | point >> 10, digits);
	put_escape(out, 0xdc00 | (point & 0x3ff), digits);
	return 4;
}

static const char upper_digits[] = "0123456789ABCDEF", lower_digits[] = "0123456789abcdef";

void put_text(struct buf *out, struct str text)
{
	const char *at = text.ptr, *end = at + text.len;

	buf_add_byte(out, '"');
	while (at < end) {
		const char *plain = at;

		while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\' &&
		       (unsigned char)*at < 0xf0)
			at++;
		buf_add(out, plain, (size_t)(at - plain));
		if (at == end)
			break;
		switch (*at) {
		case '"':
			buf_add(out, "\\\"", 2);
			at++;
			break;
		case '\\':
			buf_add(out, "\\\\", 2);
			at++;
			break;
		case '\n':
			buf_add(out, "\\n", 2);
			at++;
			break;
		case '\r':
			buf_add(out, "\\r", 2);
			at++;
			break;
		case '\t':
			buf_add(out, "\\t", 2);
			at++;
			break;
		default:
			at += put_escaped_point(out, (const unsigned char *)at, upper_digits);
		}
	}
	buf_add_byte(out, '"');
}

void put_number(struct buf *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_add(out, digits + at, sizeof digits - at);
}

void put_id(struct buf *out, uint64_t id)
{
	buf_add_byte(out, '"');
	put_number(out, id);
	buf_add_byte(out, '"');
}

void put_time(struct buf *out, int64_t time_us)
{
	char text[TIME_TEXT_MAX];

	buf_add_byte(out, '"');
	buf_add_text(out, time_format(time_us - time_us % 1000000, text));
	buf_add_byte(out, '"');
}

void put_degrees(struct buf *out, int32_t e5)
{
	uint32_t value = (uint32_t)(e5 < 0 ? -e5 : e5), part = value % 100000, place = 10000;

	if (e5 < 0)
		buf_add_byte(out, '-');
	put_number(out, value / 100000);
	buf_add_byte(out, '.');
	do {
		buf_add_byte(out, (char)('0' + part / place));
		part %= place;
		place /= 10;
	} while (part > 0);
}

/* The string that begins at `at`, with its quotes; returns the place behind it. */
static size_t copy_string(struct buf *out, struct str json, size_t at, bool ascii)
{
	buf_add_byte(out, json.ptr[at++]);
	while (json.ptr[at] != '"') {
		if (ascii && (unsigned char)json.ptr[at] >= 0x80) {
			at += put_escaped_point(out, (const unsigned char *)json.ptr + at,
						lower_digits);
			continue;
		}
		if (json.ptr[at] == '\\') {
			buf_add_byte(out, json.ptr[at++]);
			/* Python spells its hexadecimal digits small. */
			if (ascii && json.ptr[at] == 'u') {
				buf_add_byte(out, 'u');
				for (size_t digit = 1; digit <= 4; digit++)
					buf_add_byte(out, (char)tolower(json.ptr[at + digit]));
				at += 5;
				continue;
			}
		}
		buf_add_byte(out, json.ptr[at++]);
	}
	buf_add_byte(out, '"');
	return at + 1;
}

void invent_add_dumped(struct buf *out, struct str json)
{
	size_t at = 0;

	while (at < json.len) {
		char byte = json.ptr[at];

		if (byte == '"') {
			at = copy_string(out, json, at, true);
			continue;
		}
		buf_add_byte(out, byte);
		if (byte == ',' || byte == ':')
			buf_add_byte(out, ' ');
		at++;
	}
}

static void new_line(struct buf *out, int depth)
{
	buf_add_byte(out, '\n');
	for (int i = 0; i < depth; i++)
		buf_add(out, "    ", 4);
}

void invent_add_pretty(struct buf *out, struct str json)
{
	size_t at = 0;
	int depth = 0;

	while (at < json.len) {
		char byte = json.ptr[at];

		if (byte == '"') {
			at = copy_string(out, json, at, false);
			continue;
		}
		at++;
		if ((byte == '{' || byte == '[') && (json.ptr[at] == '}' || json.ptr[at] == ']')) {
			buf_add(out, &json.ptr[at - 1], 2);
			at++;
			continue;
		}
		if (byte == '}' || byte == ']')
			new_line(out, --depth);
		buf_add_byte(out, byte);
		if (byte == '{' || byte == '[')
			new_line(out, ++depth);
		if (byte == ',')
			new_line(out, depth);
		if (byte == ':')
			buf_add_byte(out, ' ');
	}
}
