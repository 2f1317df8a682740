#include "parquet/levels.h"

#include "base/mem.h"
#include "parquet/thrift.h"

#include <endian.h>
#include <stdlib.h>

void levels_release(struct levels *levels)
{
	free(levels->def);
	free(levels->rep);
	free(levels->at);
	free(levels->item);
	*levels = (struct levels){ 0 };
}

static void reserve_entries(struct levels *levels, size_t count)
{
	if (count <= levels->entry_cap)
		return;
	levels->entry_cap = 2 * count;
	levels->def = mem_resize(levels->def, levels->entry_cap);
	levels->rep = mem_resize(levels->rep, levels->entry_cap);
}

static void reserve_items(struct levels *levels, size_t count)
{
	if (count <= levels->item_cap)
		return;
	levels->item_cap = 2 * count;
	levels->at = mem_resize(levels->at, levels->item_cap * sizeof *levels->at);
	levels->item = mem_resize(levels->item, levels->item_cap * sizeof *levels->item);
}

void levels_of_rows(struct levels *ret, const uint64_t *validity, size_t rows)
{
	reserve_entries(ret, rows);
	reserve_items(ret, rows);
	memset(ret->def, 0, rows);
	memset(ret->rep, 0, rows);
	ret->count = rows;
	ret->lists = 0;
	size_t items = 0;
	for (size_t word = 0; word * 64 < rows; word++) {
		for (uint64_t bits = validity[word]; bits; bits &= bits - 1) {
			size_t row = word * 64 + (size_t)__builtin_ctzll(bits);
			ret->def[row] = 1;
			ret->at[items] = ret->item[items] = (uint32_t)row;
			items++;
		}
	}
	ret->item_count = items;
}

void levels_optional(struct levels *ret, const struct levels *from, const uint64_t *validity)
{
	reserve_entries(ret, from->count);
	reserve_items(ret, from->item_count);
	memcpy(ret->def, from->def, from->count);
	memcpy(ret->rep, from->rep, from->count);
	ret->count = from->count;
	ret->lists = from->lists;
	size_t items = 0;
	for (size_t i = 0; i < from->item_count; i++) {
		uint32_t item = from->item[i], at = from->at[i];
		uint8_t valid = validity[item / 64] >> item % 64 & 1;
		ret->at[items] = at;
		ret->item[items] = item;
		ret->def[at] = (uint8_t)(ret->def[at] + valid);
		items += valid;
	}
	ret->item_count = items;
}

/* Copies entries [first, end) of `from` to the end of `to`. */
static void copy_entries(struct levels *to, const struct levels *from, size_t first, size_t end)
{
	memcpy(to->def + to->count, from->def + first, end - first);
	memcpy(to->rep + to->count, from->rep + first, end - first);
	to->count += end - first;
}

void levels_list(struct levels *ret, const struct levels *from, const struct list_entry *lists)
{
	size_t items = 0, copied = 0;
	for (size_t i = 0; i < from->item_count; i++)
		items += lists[from->item[i]].len;
	reserve_entries(ret, from->count + items);
	reserve_items(ret, items);
	ret->count = ret->item_count = 0;
	ret->lists = (uint8_t)(from->lists + 1);
	for (size_t i = 0; i < from->item_count; i++) {
		const struct list_entry *list = &lists[from->item[i]];
		size_t at = from->at[i];
		copy_entries(ret, from, copied, at + 1);
		copied = at + 1;
		uint8_t def = from->def[at];
		for (size_t item = 0; item < list->len; item++) {
			size_t entry = item == 0 ? ret->count - 1 : ret->count++;
			ret->def[entry] = (uint8_t)(def + 1);
			if (item > 0)
				ret->rep[entry] = ret->lists;
			ret->at[ret->item_count] = (uint32_t)entry;
			ret->item[ret->item_count++] = (uint32_t)(list->offset + item);
		}
	}
	copy_entries(ret, from, copied, from->count);
}

/* --- bits --------------------------------------------------------------------------------------------- */

static size_t begin_length(struct buf *out)
{
	buf_add(out, "\0\0\0\0", 4);
	return out->len;
}

static void end_length(struct buf *out, size_t begin)
{
	uint32_t len = htole32((uint32_t)(out->len - begin));
	memcpy(out->ptr + begin - sizeof len, &len, sizeof len);
}

/* A run of one value: its length, and the value in as many bytes as its width needs. */
static void add_run(struct buf *out, size_t count, uint32_t value, int width)
{
	uint32_t bytes = htole32(value);
	varint_add(out, (uint64_t)count << 1);
	buf_add(out, &bytes, (size_t)(width + 7) / 8);
}

/* A run of bit-packed groups of eight. */
static void begin_groups(struct buf *out, size_t count)
{
	varint_add(out, (uint64_t)((count + 7) / 8) << 1 | 1);
}

/* Eight bytes with `width` bits each (at most 4) become `width` bytes. */
static uint64_t pack8(uint64_t bytes, int width)
{
	bytes = (bytes & UINT64_C(0x00ff00ff00ff00ff)) |
		(bytes & UINT64_C(0xff00ff00ff00ff00)) >> (8 - width);
	bytes = (bytes & UINT64_C(0x0000ffff0000ffff)) |
		(bytes & UINT64_C(0xffff0000ffff0000)) >> (16 - 2 * width);
	return (bytes & UINT64_C(0xffffffff)) | bytes >> 32 << 4 * width;
}

static void add_packed8(struct buf *out, const uint8_t *values, size_t count, int width)
{
	size_t groups = (count + 7) / 8;
	buf_reserve(out, groups * (size_t)width + sizeof(uint64_t));
	char *to = out->ptr + out->len;
	for (size_t i = 0; i < groups; i++, to += width) {
		uint64_t bytes = 0;
		memcpy(&bytes, values + 8 * i, i + 1 < groups ? 8 : count - 8 * i);
		bytes = htole64(pack8(le64toh(bytes), width));
		memcpy(to, &bytes, sizeof bytes);
	}
	out->len += groups * (size_t)width;
}

static int width_of(uint32_t max)
{
	return max ? 32 - __builtin_clz(max) : 0;
}

void levels_add(struct buf *out, const uint8_t *levels, size_t count, uint8_t max)
{
	size_t begin = begin_length(out), same = 1;
	int width = width_of(max);
	while (same < count && levels[same] == levels[0])
		same++;
	if (same >= count) {
		add_run(out, count, levels[0], width);
	} else {
		begin_groups(out, count);
		add_packed8(out, levels, count, width);
	}
	end_length(out, begin);
}

void levels_add_bits(struct buf *out, const uint64_t *bits, size_t count, bool all_set)
{
	size_t begin = begin_length(out);
	if (all_set) {
		add_run(out, count, 1, 1);
	} else {
		begin_groups(out, count);
		buf_reserve(out, (count + 63) / 64 * 8);
		for (size_t i = 0; i * 64 < count; i++) {
			uint64_t word = htole64(bits[i]);
			memcpy(out->ptr + out->len + 8 * i, &word, sizeof word);
		}
		out->len += (count + 7) / 8;
	}
	end_length(out, begin);
}

void levels_add_zeros(struct buf *out, size_t count)
{
	size_t begin = begin_length(out);
	add_run(out, count, 0, 1);
	end_length(out, begin);
}

void indices_add(struct buf *out, const uint32_t *indices, size_t count, int width)
{
	size_t same = 1;
	while (same < count && indices[same] == indices[0])
		same++;
	if (same >= count) {
		add_run(out, count, indices[0], width);
		return;
	}
	begin_groups(out, count);
	size_t bytes = (count + 7) / 8 * (size_t)width;
	buf_reserve(out, bytes + sizeof(uint64_t));
	char *to = out->ptr + out->len;
	memset(to, 0, bytes + sizeof(uint64_t));
	uint64_t pending = 0;
	int bits = 0;
	for (size_t i = 0; i < count; i++) {
		pending |= (uint64_t)indices[i] << bits;
		bits += width;
		if (bits >= 32) {
			uint32_t word = htole32((uint32_t)pending);
			memcpy(to, &word, sizeof word);
			to += sizeof word;
			pending >>= 32;
			bits -= 32;
		}
	}
	pending = htole64(pending);
	memcpy(to, &pending, sizeof pending);
	out->len += bytes;
}

void bools_add(struct buf *out, const uint8_t *bools, size_t count)
{
	add_packed8(out, bools, count, 1);
}
