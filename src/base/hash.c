#include "base/hash.h"

#include "base/mem.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>
/* Where the library is built to choose at run time, XXH3 takes what the processor has. */
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

uint64_t hash_xxh64(struct str bytes, uint64_t seed)
{
	return XXH64(bytes.ptr, bytes.len, seed);
}

uint64_t hash_xxh3(struct str bytes)
{
	return XXH3_64bits(bytes.ptr, bytes.len);
}

uint64_t hash_xxh3_from(struct str bytes, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes.ptr, bytes.len, seed);
}

struct hash_stream {
	enum hash_kind kind;
	union {
		XXH64_state_t *xxh64;
		XXH3_state_t *xxh3;
		EVP_MD_CTX *sha256;
	};
};

struct hash_stream *hash_stream_new(enum hash_kind kind)
{
	struct hash_stream *stream = mem_zalloc(1, sizeof *stream);
	bool ok = false;
	stream->kind = kind;
	switch (kind) {
	case HASH_XXH64:
		stream->xxh64 = XXH64_createState();
		ok = stream->xxh64 && XXH64_reset(stream->xxh64, 0) == XXH_OK;
		break;
	case HASH_XXH3:
		stream->xxh3 = XXH3_createState();
		ok = stream->xxh3 && XXH3_64bits_reset(stream->xxh3) == XXH_OK;
		break;
	case HASH_SHA256:
		stream->sha256 = EVP_MD_CTX_new();
		ok = stream->sha256 && EVP_DigestInit_ex(stream->sha256, EVP_sha256(), NULL) == 1;
		break;
	}
	assert(ok);
	return stream;
}

void hash_stream_free(struct hash_stream *stream)
{
	if (!stream)
		return;
	switch (stream->kind) {
	case HASH_XXH64:
		XXH64_freeState(stream->xxh64);
		break;
	case HASH_XXH3:
		XXH3_freeState(stream->xxh3);
		break;
	case HASH_SHA256:
		EVP_MD_CTX_free(stream->sha256);
		break;
	}
	free(stream);
}

void hash_stream_add(struct hash_stream *stream, struct str bytes)
{
	if (bytes.len == 0)
		return;
	bool ok = false;
	switch (stream->kind) {
	case HASH_XXH64:
		ok = XXH64_update(stream->xxh64, bytes.ptr, bytes.len) == XXH_OK;
		break;
	case HASH_XXH3:
		ok = XXH3_64bits_update(stream->xxh3, bytes.ptr, bytes.len) == XXH_OK;
		break;
	case HASH_SHA256:
		ok = EVP_DigestUpdate(stream->sha256, bytes.ptr, bytes.len) == 1;
		break;
	}
	assert(ok);
}

uint64_t hash_stream_u64(const struct hash_stream *stream)
{
	assert(stream->kind != HASH_SHA256);
	return stream->kind == HASH_XXH64 ? XXH64_digest(stream->xxh64) :
					    XXH3_64bits_digest(stream->xxh3);
}

/* Putting a few thousand bytes together costs less than a stream. */
uint64_t hash_xxh3_pieces(const struct str *pieces, size_t count)
{
	char joined[4096];
	size_t len = 0, added = 0;
	while (added < count && pieces[added].len <= sizeof joined - len) {
		memcpy(joined + len, pieces[added].ptr, pieces[added].len);
		len += pieces[added++].len;
	}
	if (added == count)
		return hash_xxh3(str_make(joined, len));
	struct hash_stream *stream = hash_stream_new(HASH_XXH3);
	for (size_t i = 0; i < count; i++)
		hash_stream_add(stream, pieces[i]);
	uint64_t hash = hash_stream_u64(stream);
	hash_stream_free(stream);
	return hash;
}

static void to_hex(const unsigned char *bytes, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

void hash_stream_hex(struct hash_stream *stream, char ret_hex[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	assert(stream->kind == HASH_SHA256);
	int ok = EVP_DigestFinal_ex(stream->sha256, digest, &len);
	assert(ok == 1 && len == 32);
	to_hex(digest, len, ret_hex);
}

void uuid_new(char ret_text[UUID_TEXT])
{
	unsigned char raw[16];
	ssize_t got = getrandom(raw, sizeof raw, 0);
	assert(got == (ssize_t)sizeof raw);
	raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
	raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
	static const unsigned char groups[] = { 4, 2, 2, 2, 6 };
	size_t from = 0, to = 0;
	for (size_t i = 0; i < sizeof groups; i++) {
		to_hex(raw + from, groups[i], ret_text + to);
		from += groups[i];
		to += 2U * groups[i];
		ret_text[to++] = i + 1 < sizeof groups ? '-' : '\0';
	}
}

bool uuid_valid(struct str text)
{
	if (text.len != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}
