/* A file is "PAR1", row groups in the order their threads finished them, the footer, the footer's length
 * and "PAR1" again. What the footer tells about a row group is put down in Thrift when the row group is
 * written, so that a file of any number of them needs little memory. */
#include "parquet/chunk.h"
#include "parquet/parquet.h"
#include "parquet/thrift.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* parquet.thrift */
enum { FILE_VERSION = 1, FILE_SCHEMA, FILE_ROWS, FILE_GROUPS, FILE_METADATA, FILE_CREATED_BY };
enum { FILE_ORDERS = 7, ORDER_BY_TYPE = 1, METADATA_NAME = 1, METADATA_VALUE };
enum { GROUP_COLUMNS = 1, GROUP_BYTES, GROUP_ROWS, GROUP_OFFSET = 5, GROUP_COMPRESSED };
enum { CHUNK_OFFSET = 2, CHUNK_METADATA };
enum { COLUMN_TYPE = 1, COLUMN_ENCODINGS, COLUMN_PATH, COLUMN_CODEC, COLUMN_VALUES };
enum { COLUMN_UNCOMPRESSED = 6, COLUMN_COMPRESSED, COLUMN_DATA_AT = 9, COLUMN_DICTIONARY_AT = 11 };
enum { COLUMN_STATISTICS = 12, STATISTIC_NULLS = 3, STATISTIC_OF_MAX = 5, STATISTIC_OF_MIN };
enum { CODEC_ZSTD = 6, ENCODING_PLAIN = 0, ENCODING_RLE = 3, ENCODING_RLE_DICTIONARY = 8 };

struct parquet_file {
	char *path;
	int fd;
	pthread_mutex_t lock;
	const struct schema *schema;
	uint64_t bytes, rows;
	struct hash_stream *hash;
	struct buf groups; /* Thrift: the items of FileMetaData.row_groups */
	size_t group_count;
};

struct parquet_rows {
	struct post_reader *posts; /* one of the two */
	struct request_reader *requests;
	struct vectors vectors;
	struct encoder encoder;
	size_t count, bytes;
};

/* --- the file ----------------------------------------------------------------------------------------- */

static enum err_kind write_bytes(struct parquet_file *file, struct str bytes, struct err *err)
{
	TRY(file_write_all(file->fd, file->path, bytes.ptr, bytes.len, err));
	hash_stream_add(file->hash, bytes);
	file->bytes += bytes.len;
	return ERR_NONE;
}

enum err_kind parquet_file_create(const char *path, enum parquet_table table,
				  struct parquet_file **ret_file, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "create %s", path);
	struct parquet_file *file = mem_zalloc(1, sizeof *file);
	file->fd = fd;
	file->path = mem_strdup(path);
	file->schema = schema_of(table);
	file->hash = hash_stream_new(HASH_XXH3);
	pthread_mutex_init(&file->lock, NULL);
	enum err_kind kind = write_bytes(file, STR("PAR1"), err);
	if (kind == ERR_NONE)
		*ret_file = file;
	else
		parquet_file_free(file);
	return kind;
}

void parquet_file_free(struct parquet_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	pthread_mutex_destroy(&file->lock);
	hash_stream_free(file->hash);
	buf_release(&file->groups);
	free(file->path);
	free(file);
}

/* --- row groups --------------------------------------------------------------------------------------- */

static void add_statistics(struct thrift *thrift, const struct chunk *chunk)
{
	thrift_struct(thrift, COLUMN_STATISTICS);
	thrift_i64(thrift, STATISTIC_NULLS, (int64_t)chunk->nulls);
	if (chunk->has_range) {
		thrift_bytes(thrift, STATISTIC_OF_MAX, str_make(chunk->max.bytes, chunk->max.len));
		thrift_bytes(thrift, STATISTIC_OF_MIN, str_make(chunk->min.bytes, chunk->min.len));
	}
	thrift_end(thrift);
}

static void add_chunk(struct thrift *thrift, const struct leaf *leaf, const struct chunk *chunk,
		      uint64_t group_at)
{
	int64_t data_at = (int64_t)(group_at + chunk->data_at);
	int64_t dictionary_at = (int64_t)(group_at + chunk->dictionary_at);
	thrift_struct(thrift, 0);
	thrift_i64(thrift, CHUNK_OFFSET, 0); /* no copy of what follows stands anywhere else */
	thrift_struct(thrift, CHUNK_METADATA);
	thrift_i32(thrift, COLUMN_TYPE, (int32_t)physical_type(leaf->type->kind));
	thrift_list(thrift, COLUMN_ENCODINGS, THRIFT_I32, chunk->has_dictionary ? 3 : 2);
	thrift_i32_item(thrift, ENCODING_PLAIN);
	thrift_i32_item(thrift, ENCODING_RLE);
	if (chunk->has_dictionary)
		thrift_i32_item(thrift, ENCODING_RLE_DICTIONARY);
	thrift_list(thrift, COLUMN_PATH, THRIFT_BYTES, leaf->path_count);
	for (size_t i = 0; i < leaf->path_count; i++)
		thrift_bytes_item(thrift, leaf->path[i]);
	thrift_i32(thrift, COLUMN_CODEC, CODEC_ZSTD);
	thrift_i64(thrift, COLUMN_VALUES, (int64_t)chunk->entries);
	thrift_i64(thrift, COLUMN_UNCOMPRESSED, (int64_t)chunk->uncompressed);
	thrift_i64(thrift, COLUMN_COMPRESSED, (int64_t)chunk->compressed);
	thrift_i64(thrift, COLUMN_DATA_AT, data_at);
	if (chunk->has_dictionary)
		thrift_i64(thrift, COLUMN_DICTIONARY_AT, dictionary_at);
	add_statistics(thrift, chunk);
	thrift_end(thrift);
	thrift_end(thrift);
}

static void add_group(struct parquet_file *file, const struct encoder *encoder, size_t rows)
{
	size_t uncompressed = 0;
	struct thrift thrift = thrift_begin(&file->groups);
	thrift_struct(&thrift, 0);
	thrift_list(&thrift, GROUP_COLUMNS, THRIFT_STRUCT, file->schema->leaf_count);
	for (size_t i = 0; i < file->schema->leaf_count; i++) {
		uncompressed += encoder->chunks[i].uncompressed;
		add_chunk(&thrift, &file->schema->leaves[i], &encoder->chunks[i], file->bytes);
	}
	thrift_i64(&thrift, GROUP_BYTES, (int64_t)uncompressed);
	thrift_i64(&thrift, GROUP_ROWS, (int64_t)rows);
	thrift_i64(&thrift, GROUP_OFFSET, (int64_t)file->bytes);
	thrift_i64(&thrift, GROUP_COMPRESSED, (int64_t)encoder->out.len);
	thrift_end(&thrift);
	file->group_count++;
	file->rows += rows;
}

static enum err_kind end_group(struct parquet_rows *rows, struct parquet_file *file,
			       struct err *err)
{
	enum err_kind kind = encoder_run(&rows->encoder, &rows->vectors, rows->count, err);
	if (kind != ERR_NONE) {
		parquet_rows_drop(rows);
		return err_wrap(err, "write %s", file->path);
	}
	pthread_mutex_lock(&file->lock);
	add_group(file, &rows->encoder, rows->count);
	kind = write_bytes(file, buf_str(&rows->encoder.out), err);
	pthread_mutex_unlock(&file->lock);
	parquet_rows_drop(rows);
	return kind;
}

/* --- the footer --------------------------------------------------------------------------------------- */

static void add_metadata(struct thrift *thrift, const struct parquet_footer *footer)
{
	if (footer->metadata_count == 0)
		return;
	thrift_list(thrift, FILE_METADATA, THRIFT_STRUCT, footer->metadata_count);
	for (size_t i = 0; i < footer->metadata_count; i++) {
		thrift_struct(thrift, 0);
		thrift_bytes(thrift, METADATA_NAME, footer->metadata[2 * i]);
		thrift_bytes(thrift, METADATA_VALUE, footer->metadata[2 * i + 1]);
		thrift_end(thrift);
	}
}

/* Without it readers must not use minima and maxima: signs and bytes were compared otherwise once. */
static void add_orders(struct thrift *thrift, size_t count)
{
	thrift_list(thrift, FILE_ORDERS, THRIFT_STRUCT, count);
	for (size_t i = 0; i < count; i++) {
		thrift_struct(thrift, 0);
		thrift_struct(thrift, ORDER_BY_TYPE);
		thrift_end(thrift);
		thrift_end(thrift);
	}
}

/* "NAME version NUMBER" is what parquet-mr parses to know which writers' statistics to trust. */
static void make_footer(const struct parquet_file *file, const struct parquet_footer *footer,
			struct buf *ret)
{
	struct thrift thrift = thrift_begin(ret);
	thrift_i32(&thrift, FILE_VERSION, 1);
	thrift_list(&thrift, FILE_SCHEMA, THRIFT_STRUCT, file->schema->element_count);
	buf_add_str(ret, buf_str(&file->schema->elements));
	thrift_i64(&thrift, FILE_ROWS, (int64_t)file->rows);
	thrift_list(&thrift, FILE_GROUPS, THRIFT_STRUCT, file->group_count);
	buf_add_str(ret, buf_str(&file->groups));
	add_metadata(&thrift, footer);
	thrift_bytes(&thrift, FILE_CREATED_BY, STR("aviary version " AVIARY_VERSION));
	add_orders(&thrift, file->schema->leaf_count);
	buf_add_byte(ret, 0);
	uint32_t len = htole32((uint32_t)ret->len);
	buf_add(ret, &len, sizeof len);
	buf_add_text(ret, "PAR1");
}

enum err_kind parquet_file_finish(struct parquet_file *file, const struct parquet_footer *footer,
				  struct parquet_totals *ret_totals, struct err *err)
{
	struct buf bytes = { 0 };
	make_footer(file, footer, &bytes);
	enum err_kind kind = write_bytes(file, buf_str(&bytes), err);
	buf_release(&bytes);
	if (close(file->fd) != 0 && kind == ERR_NONE)
		kind = err_errno(err, ERR_FATAL, "close %s", file->path);
	file->fd = -1;
	if (kind == ERR_NONE)
		*ret_totals = (struct parquet_totals){ .rows = file->rows,
						       .bytes = file->bytes,
						       .xxh3 = hash_stream_u64(file->hash) };
	return kind;
}

/* --- rows --------------------------------------------------------------------------------------------- */

struct parquet_rows *parquet_rows_new(const char *stream_id, enum parquet_table table)
{
	struct parquet_rows *rows = mem_zalloc(1, sizeof *rows);
	if (table == PARQUET_POSTS)
		rows->posts = post_reader_new(stream_id, &vectors_lender);
	else
		rows->requests = request_reader_new(stream_id, &vectors_lender);
	vectors_init(&rows->vectors, table, PARQUET_GROUP_ROWS);
	encoder_init(&rows->encoder, table);
	return rows;
}

void parquet_rows_free(struct parquet_rows *rows)
{
	if (!rows)
		return;
	post_reader_free(rows->posts);
	request_reader_free(rows->requests);
	vectors_release(&rows->vectors);
	encoder_release(&rows->encoder);
	free(rows);
}

void parquet_rows_drop(struct parquet_rows *rows)
{
	vectors_clear(&rows->vectors, rows->count);
	rows->count = rows->bytes = 0;
}

enum err_kind parquet_rows_end(struct parquet_rows *rows, struct parquet_file *file,
			       struct err *err)
{
	return rows->count > 0 ? end_group(rows, file, err) : ERR_NONE;
}

enum err_kind parquet_rows_add(struct parquet_rows *rows, struct parquet_file *file,
			       struct str line, uint64_t stream_offset, struct post_key *ret_key,
			       struct err *err)
{
	if (line.len > PARQUET_LINE_BYTES)
		return err_set(err, ERR_REJECT, "longer than %d bytes", PARQUET_LINE_BYTES);
	struct column_vector *columns = rows->vectors.columns;
	TRY(rows->posts ? post_reader_fill(rows->posts, line, stream_offset, columns, rows->count,
					   ret_key, err) :
			  request_reader_fill(rows->requests, line, stream_offset, columns,
					      rows->count, err));
	rows->count++;
	rows->bytes += line.len;
	bool is_full = rows->count == PARQUET_GROUP_ROWS || rows->bytes >= PARQUET_GROUP_BYTES ||
		       rows->vectors.item_bytes > VECTORS_ITEM_BYTES ||
		       rows->vectors.text_bytes > VECTORS_TEXT_BYTES;
	return is_full ? end_group(rows, file, err) : ERR_NONE;
}
