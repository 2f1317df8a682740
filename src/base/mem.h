/* Memory from the heap. Running out of it aborts with a message: sizes are limited at the doors,
 * so no caller handles NULL. Everything allocated here is freed with free(). */
#pragma once
#include <stddef.h>

void *mem_alloc(size_t size);                /* never NULL; contents undefined */
void *mem_zalloc(size_t count, size_t size); /* zeroed; the product is checked for overflow */
void *mem_resize(void *ptr, size_t size);    /* realloc that cannot fail */
char *mem_strdup(const char *text);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for `need` elements in a growing array; doubles. `cap` is updated. */
#define MEM_GROW(array, cap, need)                                                                 \
	do {                                                                                       \
		if ((need) > (cap)) {                                                              \
			(cap) = (need) > 2 * (cap) ? (need) : 2 * (cap);                           \
			(array) = mem_resize((array), (cap) * sizeof *(array));                    \
		}                                                                                  \
	} while (0)
