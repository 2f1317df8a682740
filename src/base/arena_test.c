#include "base/arena.h"

#include "base/test.h"

enum { PIECES = 3000 };

static size_t size_of(size_t i)
{
	return i * 37 % 5000;
}

static void pieces_are_aligned_and_apart(void **state)
{
	static char *pieces[PIECES];
	struct arena arena = { 0 };
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = arena_alloc(&arena, size_of(i));
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)(i % 251), size_of(i));
	}
	for (size_t i = 0; i < PIECES; i++) {
		for (size_t j = 0; j < size_of(i); j++)
			assert_int_equal((unsigned char)pieces[i][j], i % 251);
	}
	arena_release(&arena);
	assert_null(arena.blocks);
	(void)state;
}

static void one_large_piece_fits(void **state)
{
	struct arena arena = { 0 };
	size_t size = 20 << 20;
	char *large = arena_alloc(&arena, size);
	large[0] = large[size - 1] = 'x';
	char *small = arena_alloc(&arena, 1);
	*small = 'y';
	assert_true(arena.used >= size + 1);
	arena_release(&arena);
	(void)state;
}

static void a_reset_arena_uses_its_memory_again(void **state)
{
	struct arena arena = { 0 };
	for (size_t i = 0; i < PIECES; i++)
		arena_alloc(&arena, size_of(i));
	arena_reset(&arena);
	assert_int_equal(arena.used, 0);
	const struct arena_block *kept = arena.blocks;
	assert_non_null(kept);
	char *first = arena_alloc(&arena, 64);
	assert_ptr_equal(arena.blocks, kept);
	arena_reset(&arena);
	assert_ptr_equal(arena_alloc(&arena, 64), first);
	arena_release(&arena);
	(void)state;
}

static void an_empty_arena_may_be_reset_and_released(void **state)
{
	struct arena arena = { 0 };
	arena_reset(&arena);
	arena_release(&arena);
	arena_release(&arena);
	assert_null(arena.blocks);
	(void)state;
}

static void copied_text_ends_with_a_zero(void **state)
{
	struct arena arena = { 0 };
	assert_string_equal(arena_strdup(&arena, str_make("abcdef", 3)), "abc");
	assert_string_equal(arena_strdup(&arena, STR_NONE), "");
	assert_memory_equal(arena_strdup(&arena, STR("a\0b")), "a\0b", 4);
	arena_release(&arena);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_apart),
		cmocka_unit_test(one_large_piece_fits),
		cmocka_unit_test(a_reset_arena_uses_its_memory_again),
		cmocka_unit_test(an_empty_arena_may_be_reset_and_released),
		cmocka_unit_test(copied_text_ends_with_a_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
