/* Inside parquet/: Thrift's compact protocol, as much of it as a Parquet footer needs to be written
 * (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md). Fields go in ascending order of id,
 * at most 15 apart; a list is its head and then its bare items. */
#pragma once
#include "base/buf.h"

struct thrift {
	struct buf *out;
	int last[8]; /* the id of the last field, for each struct that is open */
	int depth;
};

/* Begins the outermost struct. */
struct thrift thrift_begin(struct buf *out);
/* A struct as a field, or (id 0) as an item of a list. Each is ended by thrift_end(). */
void thrift_struct(struct thrift *thrift, int id);
void thrift_end(struct thrift *thrift);

void thrift_bool(struct thrift *thrift, int id, bool value);
void thrift_i32(struct thrift *thrift, int id, int32_t value);
void thrift_i64(struct thrift *thrift, int id, int64_t value);
void thrift_bytes(struct thrift *thrift, int id, struct str bytes);

enum thrift_item { THRIFT_I32 = 5, THRIFT_BYTES = 8, THRIFT_STRUCT = 12 };
void thrift_list(struct thrift *thrift, int id, enum thrift_item item, size_t count);
void thrift_i32_item(struct thrift *thrift, int32_t value);
void thrift_bytes_item(struct thrift *thrift, struct str bytes);

/* An unsigned number, seven bits a byte, the lowest first. */
void varint_add(struct buf *out, uint64_t value);
