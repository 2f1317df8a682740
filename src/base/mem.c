#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *ptr, size_t size)
{
	if (!ptr && size > 0) {
		fprintf(stderr, "aviary: out of memory: %zu bytes\n", size);
		abort();
	}
	return ptr;
}

void *mem_alloc(size_t size)
{
	return or_abort(malloc(size ? size : 1), size);
}

void *mem_zalloc(size_t count, size_t size)
{
	return or_abort(calloc(count ? count : 1, size ? size : 1), SIZE_MAX);
}

void *mem_resize(void *ptr, size_t size)
{
	return or_abort(realloc(ptr, size ? size : 1), size);
}

char *mem_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(mem_alloc(size), text, size);
}

char *mem_printf(const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	char *text = mem_alloc((size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}
