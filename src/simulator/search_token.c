/* 16 bytes as X spells tokens, base32hex: the id to continue below, masked by the search's hash, and a
 * checksum of both. */
#include "simulator/search.h"

#include "base/hash.h"

static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

enum { TOKEN_BYTES = 16, TOKEN_DIGITS = 26 };

static uint64_t checksum(uint64_t below_id, uint64_t binding)
{
	uint64_t both[2] = { below_id, binding };
	return hash_xxh3(str_make((const char *)both, sizeof both));
}

void search_token_write(uint64_t below_id, uint64_t binding, char ret_token[SEARCH_TOKEN_MAX])
{
	uint64_t halves[2] = { below_id ^ binding, checksum(below_id, binding) };
	unsigned __int128 number = (unsigned __int128)halves[0] << 64 | halves[1];
	for (size_t i = TOKEN_DIGITS; i-- > 0; number >>= 5)
		ret_token[i] = digits[(size_t)(number & 31)];
	ret_token[TOKEN_DIGITS] = '\0';
}

bool search_token_read(struct str token, uint64_t binding, uint64_t *ret_below_id)
{
	unsigned __int128 number = 0;
	if (token.len != TOKEN_DIGITS)
		return false;
	for (size_t i = 0; i < token.len; i++) {
		const char *digit = token.ptr[i] ? strchr(digits, token.ptr[i]) : NULL;
		if (!digit)
			return false;
		number = number << 5 | (unsigned)(digit - digits);
	}
	uint64_t below_id = (uint64_t)(number >> 64) ^ binding;
	if ((uint64_t)number != checksum(below_id, binding))
		return false;
	*ret_below_id = below_id;
	return true;
}
