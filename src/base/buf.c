#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>
#include <assert.h>
#include <stdlib.h>

void buf_release(struct buf *buf)
{
	free(buf->ptr);
	*buf = (struct buf){ 0 };
}

void buf_reserve(struct buf *buf, size_t more)
{
	size_t need = buf->len + more + 1;
	if (need > buf->cap) {
		size_t cap = buf->cap ? buf->cap * 2 : 64;
		buf->cap = cap > need ? cap : need;
		buf->ptr = mem_resize(buf->ptr, buf->cap);
	}
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->ptr + buf->len, bytes, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

char *buf_detach(struct buf *buf)
{
	buf_reserve(buf, 0);
	buf->ptr[buf->len] = '\0';
	char *text = buf->ptr;
	*buf = (struct buf){ 0 };
	return text;
}

void buf_add_byte(struct buf *buf, char byte)
{
	buf_add(buf, &byte, 1);
}

void buf_add_str(struct buf *buf, struct str text)
{
	buf_add(buf, text.ptr, text.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	buf_reserve(buf, 64);
	int len = vsnprintf(buf->ptr + buf->len, buf->cap - buf->len, fmt, args);
	va_end(args);
	if ((size_t)len >= buf->cap - buf->len) {
		buf_reserve(buf, (size_t)len);
		vsnprintf(buf->ptr + buf->len, buf->cap - buf->len, fmt, again);
	}
	va_end(again);
	buf->len += (size_t)len;
}

const char *buf_text(struct buf *buf)
{
	buf_reserve(buf, 0);
	buf->ptr[buf->len] = '\0';
	return buf->ptr;
}

static void add_json_escape(struct buf *buf, unsigned char c)
{
	switch (c) {
	case '"':
		buf_add_text(buf, "\\\"");
		break;
	case '\\':
		buf_add_text(buf, "\\\\");
		break;
	case '\n':
		buf_add_text(buf, "\\n");
		break;
	case '\r':
		buf_add_text(buf, "\\r");
		break;
	case '\t':
		buf_add_text(buf, "\\t");
		break;
	default:
		buf_addf(buf, "\\u%04x", c);
	}
}

void buf_add_json(struct buf *buf, struct str text)
{
	buf_add_byte(buf, '"');
	size_t start = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(buf, text.ptr + start, i - start);
		add_json_escape(buf, c);
		start = i + 1;
	}
	buf_add(buf, text.ptr + start, text.len - start);
	buf_add_byte(buf, '"');
}

void buf_add_json_bytes(struct buf *buf, const char *name, struct str bytes)
{
	if (str_is_utf8(bytes)) {
		buf_addf(buf, "\"%s\":", name);
		buf_add_json(buf, bytes);
		return;
	}
	buf_addf(buf, "\"%s_hex\":\"", name);
	for (size_t i = 0; i < bytes.len; i++)
		buf_addf(buf, "%02x", (unsigned char)bytes.ptr[i]);
	buf_add_byte(buf, '"');
}

/* SQL and CSV escape their quote in the same way: by writing it twice. */
static void add_quoted(struct buf *buf, struct str text, char quote)
{
	buf_add_byte(buf, quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == quote)
			buf_add_byte(buf, quote);
		buf_add_byte(buf, text.ptr[i]);
	}
	buf_add_byte(buf, quote);
}

void buf_add_sql(struct buf *buf, struct str text)
{
	add_quoted(buf, text, '\'');
}

void buf_add_sql_name(struct buf *buf, struct str name)
{
	add_quoted(buf, name, '"');
}

void buf_add_csv(struct buf *buf, struct str text)
{
	bool plain = true;
	for (size_t i = 0; i < text.len && plain; i++)
		plain = text.ptr[i] != '"' && text.ptr[i] != ',' && text.ptr[i] != '\n' &&
			text.ptr[i] != '\r';
	if (plain)
		buf_add_str(buf, text);
	else
		add_quoted(buf, text, '"');
}

void buf_add_template(struct buf *buf, const char *template,
		      void (*add_word)(struct buf *buf, struct str word, const void *context),
		      const void *context)
{
	for (const char *open; (open = strstr(template, "{{"));) {
		const char *close = strstr(open, "}}");
		assert(close);
		buf_add(buf, template, (size_t)(open - template));
		add_word(buf, str_make(open + 2, (size_t)(close - open) - 2), context);
		template = close + 2;
	}
	buf_add_text(buf, template);
}

void buf_add_html(struct buf *buf, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case '&':
			buf_add_text(buf, "&amp;");
			break;
		case '<':
			buf_add_text(buf, "&lt;");
			break;
		case '>':
			buf_add_text(buf, "&gt;");
			break;
		case '"':
			buf_add_text(buf, "&quot;");
			break;
		case '\'':
			buf_add_text(buf, "&#39;");
			break;
		default:
			buf_add_byte(buf, text.ptr[i]);
		}
	}
}
