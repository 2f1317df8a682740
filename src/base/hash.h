/* Checksums and fingerprints. XXH64 and XXH3 as libxxhash computes them; SHA-256 as FIPS 180-4. */
#pragma once
#include "base/str.h"

uint64_t hash_xxh64(struct str bytes, uint64_t seed);
uint64_t hash_xxh3(struct str bytes);
uint64_t hash_xxh3_from(struct str bytes, uint64_t seed);
/* Of the pieces as if each stood directly behind the one before. */
uint64_t hash_xxh3_pieces(const struct str *pieces, size_t count);

/* A hash fed in pieces. */
struct hash_stream;
enum hash_kind { HASH_XXH64, HASH_XXH3, HASH_SHA256 };
struct hash_stream *hash_stream_new(enum hash_kind kind);
void hash_stream_free(struct hash_stream *stream);
void hash_stream_add(struct hash_stream *stream, struct str bytes);
/* 64-bit kinds: the value so far; the stream may go on. */
uint64_t hash_stream_u64(const struct hash_stream *stream);
/* SHA-256: 64 lower-case hex digits and a zero; ends the stream. */
void hash_stream_hex(struct hash_stream *stream, char ret_hex[65]);

/* Random UUID (version 4, RFC 9562) from the kernel, lower-case text. */
enum { UUID_TEXT = 37 };
void uuid_new(char ret_text[UUID_TEXT]);
bool uuid_valid(struct str text);
