#include "source/source.h"

#include <inttypes.h>

void search_place_write(struct buf *ret, const struct search_place *place)
{
	buf_addf(ret,
		 "{\"since_id\":\"%" PRIu64 "\",\"start_us\":%" PRId64 ",\"newest_id\":\"%" PRIu64
		 "\",\"until_id\":\"%" PRIu64 "\",\"batch_id\":%" PRId64
		 ",\"query_hash\":\"%" PRIu64 "\",\"has_batch\":%d}",
		 place->since_id, place->start_us, place->newest_id, place->until_id,
		 place->batch_id, place->query_hash, place->has_batch);
}

static bool read_id(yyjson_val *root, const char *name, uint64_t *ret)
{
	return str_to_u64(json_get_text(root, name), ret);
}

bool search_place_read(struct str text, struct search_place *ret)
{
	struct json_doc doc = { 0 };
	struct err ignored;
	struct search_place place = { 0 };
	bool good = json_read(&doc, text, &ignored) == ERR_NONE &&
		    read_id(doc.root, "since_id", &place.since_id) &&
		    read_id(doc.root, "newest_id", &place.newest_id) &&
		    read_id(doc.root, "until_id", &place.until_id) &&
		    json_get_i64(doc.root, "start_us", &place.start_us) &&
		    json_get_i64(doc.root, "batch_id", &place.batch_id);
	/* Older journals do not say. */
	if (!read_id(doc.root, "query_hash", &place.query_hash))
		place.query_hash = 0;
	int64_t has_batch = place.newest_id > 0;
	json_get_i64(doc.root, "has_batch", &has_batch);
	place.has_batch = has_batch != 0;
	json_release(&doc);
	if (good)
		*ret = place;
	return good;
}
