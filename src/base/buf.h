/* A byte buffer that owns its memory and grows. Zero-initialised is empty and valid.
 * Text for other languages is escaped only by the buf_add_* functions here. */
#pragma once
#include "base/str.h"
#include <stdarg.h>

struct buf {
	/* NULL while cap is 0. A zero byte stands behind len after every buf_add*(), but not after
	 * buf_reset() and buf_reserve(): there buf_text() puts it. */
	char *ptr;
	size_t len, cap;
};

void buf_release(struct buf *buf);            /* frees the memory; the buffer is empty again */
static inline void buf_reset(struct buf *buf) /* empties, keeps the memory */
{
	buf->len = 0;
}
char *buf_detach(struct buf *buf);              /* the text, zero-terminated, owned by the caller */
void buf_reserve(struct buf *buf, size_t more); /* room for `more` further bytes */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_byte(struct buf *buf, char byte);
void buf_add_str(struct buf *buf, struct str text);
void buf_add_text(struct buf *buf, const char *text);
void buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "text" with quotes, for JSON: only what RFC 8259 section 7 demands is escaped. */
void buf_add_json(struct buf *buf, struct str text);
/* "name":"text" for JSON, or "name_hex":"…" where the bytes are not UTF-8. */
void buf_add_json_bytes(struct buf *buf, const char *name, struct str bytes);
/* 'text' with quotes, for a SQL literal. */
void buf_add_sql(struct buf *buf, struct str text);
/* "name" with quotes, for a SQL identifier. */
void buf_add_sql_name(struct buf *buf, struct str name);
/* One field of RFC 4180 CSV, quoted when it has to be. */
void buf_add_csv(struct buf *buf, struct str text);
/* Adds the template, each {{word}} in it as `add_word` spells it. Braces that are not closed: our bug. */
void buf_add_template(struct buf *buf, const char *template,
		      void (*add_word)(struct buf *buf, struct str word, const void *context),
		      const void *context);
/* Text inside HTML or an attribute in double quotes. */
void buf_add_html(struct buf *buf, struct str text);

static inline struct str buf_str(const struct buf *buf)
{
	return str_make(buf->ptr ? buf->ptr : "", buf->len);
}
/* The contents as a C string; valid until the buffer changes. */
const char *buf_text(struct buf *buf);
