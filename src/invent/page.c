/* The door's rendering: one answer of search/recent, and one line of the wire.
 *
 *     {"data":[posts],"includes":{users,tweets|posts,media,places,polls},"errors":[…],"meta":{…}}
 *
 * A line is the post with its members first, then what listeners add (see the wire's design). */
#include "invent/gather.h"
#include "base/clock.h"

static bool classic(const struct render *render)
{
	return render->view->vocabulary == INVENT_TWEET;
}

static void open_list(struct buf *out, const char *name)
{
	put_key(out, name);
	buf_add_byte(out, '[');
}

static void write_people(const struct render *render, const char *name, const int *people,
			 size_t count)
{
	if (count == 0)
		return;
	open_list(render->out, name);
	for (size_t i = 0; i < count; i++)
		render_user(render, people[i]);
	buf_add_byte(render->out, ']');
}

static void write_posts(const struct render *render, const char *name,
			const struct minted_post *const *posts, size_t count)
{
	if (count == 0)
		return;
	open_list(render->out, name);
	for (size_t i = 0; i < count; i++)
		render_post(render, posts[i]);
	buf_add_byte(render->out, ']');
}

static void write_media(const struct render *render, const char *name, const struct gathered *all)
{
	if (all->medium_count == 0)
		return;
	open_list(render->out, name);
	for (size_t i = 0; i < all->medium_count; i++)
		render_medium(render, all->media[i].post, all->media[i].index);
	buf_add_byte(render->out, ']');
}

static void write_places(const struct render *render, const struct gathered *all)
{
	if (all->place_count == 0)
		return;
	open_list(render->out, "places");
	for (size_t i = 0; i < all->place_count; i++)
		render_place(render, all->places[i]);
	buf_add_byte(render->out, ']');
}

static void write_polls(const struct render *render, const struct gathered *all)
{
	if (all->poll_count == 0)
		return;
	open_list(render->out, "polls");
	for (size_t i = 0; i < all->poll_count; i++)
		render_poll(render, all->polls[i]);
	buf_add_byte(render->out, ']');
}

static void write_loss(const struct render *render, const struct gathered_loss *loss)
{
	const char *type = loss->post_id ? classic(render) ? "tweet" : "post" : "user";
	struct buf *out = render->out;
	struct buf value = { 0 };

	if (loss->post_id)
		put_number(&value, loss->post_id);
	else
		buf_add_str(&value, loss->username);
	put_comma(out);
	buf_add_byte(out, '{');
	put_text_member(out, "value", buf_str(&value));
	put_key(out, "detail");
	buf_add_text(out, loss->forbidden ? "\"Sorry, you are not authorized to see the " :
			  loss->post_id   ? "\"Could not find " :
					    "\"User has been suspended: [");
	if (loss->post_id) {
		buf_add_text(out, type);
		buf_add_text(out, " with ");
		buf_add_text(out, loss->parameter);
		buf_add_text(out, ": [");
	}
	buf_add_str(out, buf_str(&value));
	buf_add_text(out, "].\"");
	put_text_member(out, "title",
			loss->forbidden ? STR("Authorization Error") :
			loss->post_id   ? STR("Not Found Error") :
					  STR("Forbidden"));
	put_text_member(out, "resource_type", str_from(type));
	put_text_member(out, "parameter", str_from(loss->parameter));
	put_text_member(out, "resource_id", buf_str(&value));
	put_key(out, "type");
	buf_add_text(out, classic(render) ? "\"https://api.twitter.com/2/problems/" :
					    "\"https://api.x.com/2/problems/");
	buf_add_text(out,
		     loss->forbidden ? "not-authorized-for-resource\"" : "resource-not-found\"");
	buf_add_byte(out, '}');
	buf_release(&value);
}

static void write_losses(const struct render *render, const struct gathered *all)
{
	if (all->loss_count == 0)
		return;
	open_list(render->out, "errors");
	for (size_t i = 0; i < all->loss_count; i++)
		write_loss(render, &all->losses[i]);
	buf_add_byte(render->out, ']');
}

static void write_includes(const struct render *render, const struct gathered *all)
{
	struct buf *out = render->out;
	size_t before = out->len;

	put_key(out, "includes");
	buf_add_byte(out, '{');
	write_people(render, "users", all->people, all->person_count);
	write_posts(render, classic(render) ? "tweets" : "posts", all->referenced,
		    all->referenced_count);
	write_media(render, "media", all);
	write_places(render, all);
	write_polls(render, all);
	if (out->ptr[out->len - 1] == '{')
		out->len = before;
	else
		buf_add_byte(out, '}');
}

static void write_meta(const struct render *render, const struct invent_page *page)
{
	uint64_t newest = 0, oldest = UINT64_MAX;
	struct buf *out = render->out;

	for (size_t i = 0; i < page->post_count; i++) {
		uint64_t id = invent_id(render->invention, page->posts[i]);

		newest = id > newest ? id : newest;
		oldest = id < oldest ? id : oldest;
	}
	put_key(out, "meta");
	buf_add_byte(out, '{');
	if (page->post_count > 0) {
		put_id_member(out, "newest_id", newest);
		put_id_member(out, "oldest_id", oldest);
	}
	put_number_member(out, "result_count", page->post_count);
	if (page->next_token.ptr)
		put_text_member(out, "next_token", page->next_token);
	buf_add_byte(out, '}');
}

void invent_render_page(struct buf *out, const struct invention *invention,
			const struct invent_page *page, const struct invent_view *view,
			struct arena *arena)
{
	struct render render = { .out = out, .invention = invention, .view = view, .arena = arena };
	const struct minted_post **posts =
		arena_alloc(arena, (page->post_count + 1) * sizeof *posts);
	struct gathered all;

	for (size_t i = 0; i < page->post_count; i++)
		posts[i] = mint_post(invention, page->posts[i], arena);
	all = gather(&render, posts, page->post_count);
	buf_add_byte(out, '{');
	write_posts(&render, "data", posts, page->post_count);
	write_includes(&render, &all);
	write_losses(&render, &all);
	write_meta(&render, page);
	buf_add_byte(out, '}');
}

static void write_tags(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;

	open_list(out, "hashtags");
	for (size_t i = 0; i < post->text.entity_count; i++) {
		const struct minted_entity *entity = &post->text.entities[i];

		if (entity->kind != MINTED_HASHTAG)
			continue;
		put_comma(out);
		buf_add_text(out, "\"#");
		buf_add_str(out, entity->text);
		buf_add_byte(out, '"');
	}
	buf_add_byte(out, ']');
}

/* The people an observation names, but for its author. */
static size_t others(const struct gathered *all, int author)
{
	size_t count = 0;

	for (size_t i = 0; i < all->person_count; i++)
		if (all->people[i] != author)
			all->people[count++] = all->people[i];
	return count;
}

static void write_added(const struct render *render, const struct minted_post *post,
			struct gathered *all, const struct invent_line *line)
{
	struct buf *out = render->out;

	put_number_member(out, "batch_id", line->batch_id);
	write_tags(render, post);
	if (view_expands(render->view, EXPAND_AUTHOR)) {
		put_key(out, "user");
		render_user(render, post->author);
	}
	if (all->place_count > 0) {
		put_key(out, "place");
		render_place(render, all->places[0]);
	}
	if (post->media_count > 0 && all->medium_count > 0) {
		put_key(out, "media");
		render_medium(render, all->media[0].post, all->media[0].index);
	}
	write_media(render, "media_all", all);
	write_polls(render, all);
	write_posts(render, "referenced", all->referenced, all->referenced_count);
	write_people(render, "users_all", all->people, others(all, post->author));
	open_list(out, "rules");
	put_text(out, line->rule);
	buf_add_byte(out, ']');
	put_key(out, "fetched_at");
	put_time(out, line->fetched_us);
	put_text_member(out, "fetched_via", STR("search"));
}

void invent_render_line(struct buf *out, const struct invention *invention, uint64_t n,
			const struct invent_line *line, const struct invent_view *view,
			struct arena *arena)
{
	struct render render = { .out = out, .invention = invention, .view = view, .arena = arena };
	const struct minted_post *post = mint_post(invention, n, arena);
	struct gathered all = gather(&render, &post, 1);

	render_post(&render, post);
	out->len--; /* the post's closing brace: the line goes on */
	write_added(&render, post, &all, line);
	buf_add_text(out, "}\n");
}
