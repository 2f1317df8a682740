/* Lists small enough to be searched from the front: X has at most 500 posts on a page, and what
 * they bring along is seldom repeated. People and places are few, so flags tell who was met. */
#include "invent/gather.h"

struct gathering {
	const struct render *render;
	struct gathered *all;
	bool *met_people, *met_places;
};

static void add_person(struct gathering *g, int person)
{
	if (person < 0 || g->met_people[person])
		return;
	g->met_people[person] = true;
	g->all->people[g->all->person_count++] = person;
}

static void add_media(struct gathering *g, const struct minted_post *post)
{
	for (size_t i = 0; i < post->media_count; i++) {
		size_t seen = 0;

		while (seen < g->all->medium_count &&
		       g->all->media[seen].post->media[g->all->media[seen].index].id !=
			       post->media[i].id)
			seen++;
		if (seen == g->all->medium_count)
			g->all->media[g->all->medium_count++] =
				(struct gathered_medium){ .post = post, .index = i };
	}
}

static void add_loss(struct gathering *g, struct gathered_loss loss)
{
	for (size_t i = 0; i < g->all->loss_count; i++)
		if (g->all->losses[i].post_id == loss.post_id &&
		    str_equal(g->all->losses[i].username, loss.username))
			return;
	g->all->losses[g->all->loss_count++] = loss;
}

static void add_referenced(struct gathering *g, const struct minted_post *post)
{
	const struct invent_view *view = g->render->view;
	const struct minted_post *target;

	for (size_t i = 0; i < post->reference_count; i++) {
		const struct minted_reference *reference = &post->references[i];
		size_t seen = 0;

		if (reference->fate != FATE_THERE) {
			add_loss(g, (struct gathered_loss){
					    .parameter = view->vocabulary == INVENT_TWEET ?
								 "referenced_tweets.id" :
								 "referenced_posts",
					    .post_id = reference->id,
					    .forbidden = reference->fate == FATE_PROTECTED,
				    });
			continue;
		}
		while (seen < g->all->referenced_count &&
		       g->all->referenced[seen]->n != reference->n)
			seen++;
		if (seen < g->all->referenced_count)
			continue;
		target = mint_post(g->render->invention, reference->n, g->render->arena);
		g->all->referenced[g->all->referenced_count++] = target;
		if (view_expands(view, EXPAND_REFERENCED_AUTHOR))
			add_person(g, target->author);
		if (view_expands(view, EXPAND_REFERENCED_MEDIA))
			add_media(g, target);
	}
}

static void add_mentions(struct gathering *g, const struct minted_text *text)
{
	for (size_t i = 0; i < text->entity_count; i++) {
		const struct minted_entity *entity = &text->entities[i];

		if (entity->kind != MINTED_MENTION)
			continue;
		add_person(g, entity->person);
		if (entity->person < 0)
			add_loss(g, (struct gathered_loss){
					    .parameter = "entities.mentions.username",
					    .username = entity->text,
				    });
	}
}

static void add_post(struct gathering *g, const struct minted_post *post)
{
	const struct invent_view *view = g->render->view;

	if (view_expands(view, EXPAND_AUTHOR) && !minted_has(post->traits, TRAIT_AUTHOR_ABSENT))
		add_person(g, post->author);
	if (view_expands(view, EXPAND_IN_REPLY_TO))
		add_person(g, post->reply_to);
	if (view_expands(view, EXPAND_MENTIONS))
		add_mentions(g, &post->text);
	if (view_expands(view, EXPAND_NOTE_MENTIONS) && post->note.text.ptr)
		add_mentions(g, &post->note);
	if (view_expands(view, EXPAND_REFERENCED))
		add_referenced(g, post);
	if (view_expands(view, EXPAND_MEDIA))
		add_media(g, post);
	if (view_expands(view, EXPAND_POLLS) && post->poll_id)
		g->all->polls[g->all->poll_count++] = post;
	if (view_expands(view, EXPAND_PLACE) && post->place >= 0 && !g->met_places[post->place]) {
		g->met_places[post->place] = true;
		g->all->places[g->all->place_count++] = post->place;
	}
}

struct gathered gather(const struct render *render, const struct minted_post *const *posts,
		       size_t count)
{
	struct arena *arena = render->arena;
	size_t referenced_max = count * MINTED_REFERENCES_MAX + 1;
	size_t media_max = (count + referenced_max) * MINTED_MEDIA_MAX;
	size_t losses_max = count * (MINTED_REFERENCES_MAX + 2 * DRAFT_ENTITIES_MAX) + 1;
	struct gathered all = {
		.referenced = arena_alloc(arena, referenced_max * sizeof *all.referenced),
		.polls = arena_alloc(arena, (count + 1) * sizeof *all.polls),
		.media = arena_alloc(arena, media_max * sizeof *all.media),
		.losses = arena_alloc(arena, losses_max * sizeof *all.losses),
		.people = arena_alloc(arena, PEOPLE * sizeof *all.people),
		.places = arena_alloc(arena, (size_t)words_place_count * sizeof *all.places),
	};
	struct gathering g = {
		.render = render,
		.all = &all,
		.met_people = arena_alloc(arena, PEOPLE),
		.met_places = arena_alloc(arena, (size_t)words_place_count),
	};

	memset(g.met_people, 0, PEOPLE);
	memset(g.met_places, 0, (size_t)words_place_count);
	for (size_t i = 0; i < count; i++)
		add_post(&g, posts[i]);
	return all;
}
