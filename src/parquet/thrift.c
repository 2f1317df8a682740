#include "parquet/thrift.h"

#include <assert.h>

enum wire_type { WIRE_TRUE = 1, WIRE_FALSE = 2, WIRE_I32 = 5, WIRE_I64 = 6 };
enum { WIRE_BYTES = 8, WIRE_LIST = 9, WIRE_STRUCT = 12 };

void varint_add(struct buf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_add_byte(out, (char)(value | 0x80));
	buf_add_byte(out, (char)value);
}

/* Small numbers of either sign become small unsigned ones. */
static void zigzag_add(struct buf *out, int64_t value)
{
	varint_add(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static void field(struct thrift *thrift, int id, int type)
{
	int *last = &thrift->last[thrift->depth];
	assert(id > *last && id - *last <= 15);
	buf_add_byte(thrift->out, (char)((id - *last) << 4 | type));
	*last = id;
}

struct thrift thrift_begin(struct buf *out)
{
	return (struct thrift){ .out = out };
}

void thrift_struct(struct thrift *thrift, int id)
{
	if (id > 0)
		field(thrift, id, WIRE_STRUCT);
	thrift->depth++;
	assert((size_t)thrift->depth < sizeof thrift->last / sizeof *thrift->last);
	thrift->last[thrift->depth] = 0;
}

void thrift_end(struct thrift *thrift)
{
	buf_add_byte(thrift->out, 0);
	thrift->depth--;
}

void thrift_bool(struct thrift *thrift, int id, bool value)
{
	field(thrift, id, value ? WIRE_TRUE : WIRE_FALSE);
}

void thrift_i32(struct thrift *thrift, int id, int32_t value)
{
	field(thrift, id, WIRE_I32);
	zigzag_add(thrift->out, value);
}

void thrift_i64(struct thrift *thrift, int id, int64_t value)
{
	field(thrift, id, WIRE_I64);
	zigzag_add(thrift->out, value);
}

void thrift_bytes(struct thrift *thrift, int id, struct str bytes)
{
	field(thrift, id, WIRE_BYTES);
	thrift_bytes_item(thrift, bytes);
}

void thrift_list(struct thrift *thrift, int id, enum thrift_item item, size_t count)
{
	field(thrift, id, WIRE_LIST);
	buf_add_byte(thrift->out, (char)((count < 15 ? count : 15) << 4 | item));
	if (count >= 15)
		varint_add(thrift->out, count);
}

void thrift_i32_item(struct thrift *thrift, int32_t value)
{
	zigzag_add(thrift->out, value);
}

void thrift_bytes_item(struct thrift *thrift, struct str bytes)
{
	varint_add(thrift->out, bytes.len);
	buf_add_str(thrift->out, bytes);
}
