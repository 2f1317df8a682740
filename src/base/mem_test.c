#include "base/mem.h"

#include "base/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing_is_still_a_pointer(void **state)
{
	void *a = mem_alloc(0), *b = mem_zalloc(0, 8), *c = mem_resize(NULL, 0);
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	free(a);
	free(b);
	free(c);
	(void)state;
}

static void zeroed_memory_is_zero(void **state)
{
	unsigned char *bytes = mem_zalloc(1000, 3);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(bytes[i], 0);
	free(bytes);
	(void)state;
}

static void text_is_copied_and_formatted(void **state)
{
	char *copy = mem_strdup("abc"), *long_text = mem_printf("%05000d|%s", 7, copy);
	assert_string_equal(copy, "abc");
	assert_int_equal(strlen(long_text), 5004);
	assert_string_equal(long_text + 4998, "07|abc");
	free(copy);
	free(long_text);
	(void)state;
}

static void a_growing_array_keeps_its_elements(void **state)
{
	int *array = NULL;
	size_t cap = 0, moves = 0;
	for (size_t i = 0; i < 10000; i++) {
		size_t before = cap;
		MEM_GROW(array, cap, i + 1);
		moves += cap != before;
		array[i] = (int)i;
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(array[i], i);
	assert_in_range(moves, 10, 16);
	free(array);
	(void)state;
}

/* Runs `call` in a child that may say what it likes; true when it was ended by abort(). */
static bool aborts(void (*call)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		call();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* Lets malloc fail as it does without the sanitizer, which would end the program itself. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void ask_for_a_product_that_overflows(void)
{
	volatile size_t half = SIZE_MAX / 2;
	free(mem_zalloc(half, 4));
}

static void ask_for_everything(void)
{
	volatile size_t all = SIZE_MAX / 2;
	free(mem_alloc(all));
}

static void do_nothing(void)
{
}

static void running_out_of_memory_aborts(void **state)
{
	assert_false(aborts(do_nothing));
	assert_true(aborts(ask_for_a_product_that_overflows));
	assert_true(aborts(ask_for_everything));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_still_a_pointer),
		cmocka_unit_test(zeroed_memory_is_zero),
		cmocka_unit_test(text_is_copied_and_formatted),
		cmocka_unit_test(a_growing_array_keeps_its_elements),
		cmocka_unit_test(running_out_of_memory_aborts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
