#!/usr/bin/env python3
"""The invented sample holds every form of post that aviary promises to keep, and holds together.

Runs make-sample (argv[1], else build/make-sample) into a temporary directory and looks at the files
alone: counts forms by rules of its own, checks every entity against the text it points into and
every reference against what the page includes, and compares with what make-sample --count says."""
import collections
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAKE_SAMPLE = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build", "make-sample")
START, HOURS, POSTS = "2026-11-22T00:00:00Z", 48, 2400
AT_LEAST = 20
EPOCH_MS = 1288834974657
LANGUAGES = "en ja es ar pt fr de tr ru ko zh hi fa iw ur bn ta th uk el vi am ka".split()
SETTINGS = "everyone mentionedUsers following subscribers verified other".split()
failures = []


def check(ok, claim):
    if not ok:
        failures.append(claim)


def run(*arguments):
    return subprocess.run([MAKE_SAMPLE, *arguments], check=True, stdout=subprocess.PIPE).stdout


def sample(directory, start=START, seed=1):
    return run("--start", start, "--seed", str(seed), "--posts", str(POSTS), "--hours", str(HOURS),
               "--out", directory, "--count")


def files(directory):
    return {name: open(os.path.join(directory, name), "rb").read()
            for name in sorted(os.listdir(directory))}


def order(name):
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d)(?:-(\d+))?\.", name)
    return match.group(1), int(match.group(2) or 0)


class Spelled(str):
    """A number as the file spells it."""


def read(text):
    return json.loads(text, parse_int=Spelled, parse_float=Spelled)


def pages(contents):
    for name in sorted(contents, key=order):
        text = contents[name].decode("utf-8")
        # Not splitlines(): U+0085 and U+2028 may stand in a text.
        for source in [text] if name.endswith(".json") else text.rstrip("\n").split("\n"):
            yield name, source, read(source)


def either(value, *names):
    for name in names:
        if isinstance(value, dict) and name in value:
            return value[name]
    return None


def number(value):
    return int(value)


# --- forms, counted ------------------------------------------------------------------------------


def decomposed(text):
    return unicodedata.normalize("NFC", text) != text


def escapes(source):
    """Pairs of surrogate escapes in every "text" of a page, counted in the raw source."""
    pair = r"\\u[dD]8[0-9a-fA-F]{2}\\u[dD][c-fC-F]"
    return len(re.findall(r'"text": ?"(?:[^"\\]|\\.)*' + pair, source))


def text_forms(post):
    text = post["text"]
    yield "emoji", any(ord(c) > 0xFFFF for c in text)
    yield "emoji_joined", "\u200d" in text
    yield "emoji_flag", any(0x1F1E6 <= ord(c) <= 0x1F1FF for c in text)
    yield "right_to_left", any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
    yield "line_break", "\n" in text
    yield "control", any(c != "\n" and (unicodedata.category(c) == "Cc" or c in "\u2028\u2029")
                         for c in text)
    yield "decomposed", decomposed(text)
    yield "html_entity", "&amp;" in text
    yield "html_entity_lt", "&lt;" in text
    yield "html_entity_gt", "&gt;" in text
    yield "repost_cut", text.startswith("RT @") and text.endswith("…")


def entity_forms(post):
    entities = post.get("entities", {})
    tags = [tag["tag"] for tag in entities.get("hashtags", [])]
    urls = entities.get("urls", [])
    yield "hashtag_mixed", any(re.search("[a-z]", t) and re.search("[A-Z]", t) for t in tags)
    yield "hashtag_foreign", any(not t.isascii() for t in tags)
    yield "cashtag", bool(entities.get("cashtags"))
    yield "mention", bool(entities.get("mentions"))
    yield "url_images", any(url.get("images") for url in urls)
    yield "url_unwound", any("unwound_url" in url for url in urls)
    yield "annotation", any("probability" in a for a in entities.get("annotations", []))
    yield "unknown_entity", "emoji" in entities


def member_forms(post):
    note = either(post, "note_tweet", "note_post") or {}
    kinds = {r["type"] for r in either(post, "referenced_tweets", "referenced_posts") or []}
    metrics = post.get("public_metrics", {})
    geo = post.get("geo")
    notes = post.get("matched_media_notes")
    perch = post.get("perch", {})
    yield "long", len(note.get("text", "")) > len(post["text"]) // 2 and bool(note)
    yield "long_entities", bool(note.get("entities"))
    yield "reply", "replied_to" in kinds
    yield "quote", "quoted" in kinds
    yield "repost", "retweeted" in kinds
    yield "edited", len(either(post, "edit_history_tweet_ids", "edit_history_post_ids") or []) > 1
    yield "edit_controls", "editable_until" in post.get("edit_controls", {})
    yield "media_several", len(post.get("attachments", {}).get("media_keys", [])) > 1
    yield "place", bool(geo) and "place_id" in geo
    yield "coordinates", bool(geo) and len(geo.get("coordinates", {}).get("coordinates", [])) == 2
    yield "withheld", bool((post.get("withheld") or {}).get("country_codes"))
    yield "unknown_post", bool(perch)
    yield "context", bool(post.get("context_annotations"))
    yield "community", "community_id" in post
    yield "sensitive", post.get("possibly_sensitive") is True
    yield "article", "title" in post.get("article", {})
    yield "media_metadata", bool(post.get("media_metadata"))
    yield "notes_object", isinstance(notes, dict)
    yield "notes_array", isinstance(notes, list)
    yield "bookmarks", "bookmark_count" in metrics
    yield "impressions", "impression_count" in metrics
    yield "scopes", "followers" in post.get("scopes", {})
    yield "without_created_at", "created_at" not in post
    yield "without_author", "author_id" not in post
    yield "time_offset", post.get("created_at", "").endswith("+00:00")
    yield "time_seconds", bool(re.search(r":\d\dZ$", post.get("created_at", "")))
    yield "geo_empty", geo == {}
    yield "attachments_empty", post.get("attachments") == {}
    yield "null_member", "geo" in post and geo is None
    yield "number_1.0", perch.get("height") == "1.0"
    yield "number_1e3", perch.get("weight") == "1e3"
    yield "number_large", perch.get("ring") == "12345678901234567890123"
    yield "classic_metrics", "retweet_count" in metrics
    yield "new_metrics", "repost_count" in metrics


def rare_forms(post):
    yield "minimal", set(post) == {"id", "text", "edit_history_tweet_ids"}
    yield "article_title", "article_title" in post
    yield "paid_partnership", post.get("paid_partnership") is True
    yield "note_requests", "note_request_suggestions" in post
    yield "source_links", "suggested_source_links" in post


def included_forms(includes):
    for medium in includes.get("media", []):
        yield {"photo": "photo", "video": "video", "animated_gif": "gif"}[medium["type"]], True
        yield "video_duration", "duration_ms" in medium
        yield "video_variants", len(medium.get("variants", [])) > 1
        yield "alt_text", "alt_text" in medium
        yield "unknown_medium", "palette" in medium
    for place in includes.get("places", []):
        yield "place_" + place["place_type"], True
        yield "place_within", bool(place.get("contained_within"))
        yield "place_bbox", len(place.get("geo", {}).get("bbox", [])) == 4
    for user in includes.get("users", []):
        yield "unknown_user", "nest" in user
    for poll in includes.get("polls", []):
        yield "poll", all("votes" in option for option in poll["options"])


def count_forms(all_pages):
    counts = collections.Counter()
    for _, source, page in all_pages:
        counts["surrogate_escapes"] += escapes(source)
        counts["twarc"] += "__twarc" in page
        for problem in page.get("errors", []):
            counts["error_not_found"] += problem["type"].endswith("/resource-not-found")
            counts["error_not_authorized"] += problem["type"].endswith(
                "/not-authorized-for-resource")
        for form, there in included_forms(page.get("includes", {})):
            counts[form] += there
        for post in page.get("data", []):
            counts["lang_" + post.get("lang", "none")] += 1
            counts["reply_settings_" + post.get("reply_settings", "none")] += 1
            for forms in text_forms, entity_forms, member_forms, rare_forms:
                for form, there in forms(post):
                    counts[form] += bool(there)
    count_repeats(all_pages, counts)
    return counts


def count_repeats(all_pages, counts):
    """What is seen only by comparing pages."""
    posts, followers = {}, {}
    for _, _, page in all_pages:
        for post in page.get("data", []):
            before = posts.get(post["id"])
            if before is not None and before == post:
                counts["redelivered_same"] += 1
            elif before is not None and "public_metrics" in before and "public_metrics" in post:
                seen = [p["public_metrics"]["impression_count"] for p in (before, post)]
                counts["redelivered_changed"] += seen[0] != seen[1]
            posts[post["id"]] = post
        for user in page.get("includes", {}).get("users", []):
            if "public_metrics" not in user:
                continue
            count = user["public_metrics"]["followers_count"]
            counts["user_changed"] += followers.get(user["id"], count) != count
            followers[user["id"]] = count


# --- what must hold together ---------------------------------------------------------------------


def check_entities(text, entities, where):
    for kind, signs in ("hashtags", "#＃"), ("cashtags", "$"), ("mentions", "@"):
        for entity in entities.get(kind, []):
            piece = text[number(entity["start"]):number(entity["end"])]
            name = entity.get("tag") or entity.get("username")
            check(piece[:1] in signs and piece[1:] == name, f"{where}: {entity} is {piece!r}")
    for url in entities.get("urls", []):
        piece = text[number(url["start"]):number(url["end"])]
        check(piece == url["url"], f"{where}: url {url['url']} is {piece!r}")
    for note in entities.get("annotations", []):
        piece = text[number(note["start"]):number(note["end"]) + 1]
        check(piece == note["normalized_text"], f"{where}: annotation {note} is {piece!r}")


def check_post(post, where):
    check_entities(post["text"], post.get("entities", {}), where)
    note = either(post, "note_tweet", "note_post")
    if note:
        check_entities(note["text"], note.get("entities", {}), where + " note")
    if "display_text_range" in post:
        start, end = map(number, post["display_text_range"])
        check(0 <= start <= end <= len(post["text"]), f"{where}: display_text_range")
    history = either(post, "edit_history_tweet_ids", "edit_history_post_ids")
    if history:
        check(history[-1] == post["id"] and sorted(history, key=int) == history,
              f"{where}: edit history")
    if "created_at" in post:
        seconds = ((int(post["id"]) >> 22) + EPOCH_MS) // 1000
        told = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        check(post["created_at"].startswith(told.strftime("%Y-%m-%dT%H:%M:%S")),
              f"{where}: id and created_at differ")


def check_page(name, page):
    where = f"{name} {page['meta'].get('newest_id')}"
    data, includes = page.get("data", []), page.get("includes", {})
    meta = page["meta"]
    problems = {p["resource_id"] for p in page.get("errors", [])}
    users = {user["id"] for user in includes.get("users", [])}
    names = {user["username"] for user in includes.get("users", [])}
    media = {medium["media_key"] for medium in includes.get("media", [])}
    included = {post["id"] for post in either(includes, "tweets", "posts") or []}
    places = {place["id"] for place in includes.get("places", [])}
    polls = {poll["id"] for poll in includes.get("polls", [])}
    check(number(meta["result_count"]) == len(data), f"{where}: result_count")
    if data:
        ids = [int(post["id"]) for post in data]
        check(int(meta["newest_id"]) == max(ids) and int(meta["oldest_id"]) == min(ids),
              f"{where}: newest and oldest")
        check(ids == sorted(ids, reverse=True), f"{where}: newest first")
    for kind in includes:
        keys = [v.get("id") or v["media_key"] for v in includes[kind]]
        check(keys and len(keys) == len(set(keys)), f"{where}: {kind} once each")
    for user in includes.get("users", []):
        described = user.get("entities", {}).get("description", {})
        check_entities(user.get("description", ""), described, f"{where} user {user['username']}")
    for post in data + (either(includes, "tweets", "posts") or []):
        check_post(post, f"{where} {post['id']}")
    for post in data:
        here = f"{where} {post['id']}"
        if "public_metrics" not in post:
            continue
        for role in "author_id", "in_reply_to_user_id":
            check(role not in post or post[role] in users, f"{here}: {role} not included")
        for reference in either(post, "referenced_tweets", "referenced_posts") or []:
            check((reference["id"] in included) != (reference["id"] in problems),
                  f"{here}: reference {reference}")
        for mention in post.get("entities", {}).get("mentions", []):
            check((mention["username"] in names) != (mention["username"] in problems),
                  f"{here}: mention {mention}")
        attached = post.get("attachments", {})
        check(set(attached.get("media_keys", [])) <= media, f"{here}: media not included")
        check(set(attached.get("poll_ids", [])) <= polls, f"{here}: poll not included")
        check((post.get("geo") or {}).get("place_id") in places | {None}, f"{here}: place")


def check_paging(all_pages):
    """Each hour's last page with posts ends the paging, the others go on."""
    hours = collections.defaultdict(list)
    for name, _, page in all_pages:
        hours[order(name)[0]].append(page)
    empty = [page for _, _, page in all_pages if "data" not in page]
    check(any("next_token" in page["meta"] for page in empty), "no empty page with next_token")
    check(any("next_token" not in page["meta"] for page in empty), "no empty last page")
    for hour, pages_of_hour in hours.items():
        tokens = ["next_token" in page["meta"] for page in pages_of_hour]
        if "data" not in pages_of_hour[-1]:
            check(tokens.pop() is False, f"{hour}: empty page goes on")
        check(all(tokens[:-1]) and not tokens[-1], f"{hour}: next_token on all pages but the last")


def check_layouts(contents):
    pretty = [c for n, c in contents.items() if n.endswith(".json")]
    lines = [c for n, c in contents.items() if n.endswith(".jsonl")]
    check(len(pretty) >= 10 and all(b"\n    " in c for c in pretty), "pretty pages")
    check(len(lines) >= 10 and all(b"\n    " not in c for c in lines), "a page a line")
    check(any(not c.isascii() for c in lines), "raw UTF-8 in lines")
    check(any(re.search(rb"\\uD83[CDE]\\uD", c) for c in pretty + lines), "escapes in capitals")
    check(not any(re.search(rb"[\xf0-\xf4]", c) for c in pretty + lines), "non-BMP is escaped")


def check_wire():
    lines = run("--wire", "5000", "--hours", "24", "--bytes", "1400").decode("utf-8").split("\n")
    check(lines.pop() == "" and len(lines) == 5000, "wire: as many lines as asked for")
    mean = sum(len(line.encode("utf-8")) + 1 for line in lines) / len(lines)
    check(1350 < mean < 1450, f"wire: lines of {mean} bytes")
    hours = set()
    for line in lines:
        post = read(line)
        names = list(post)
        check(names.index("batch_id") > names.index("id"), "wire: the post's members first")
        check({"hashtags", "user", "rules", "fetched_at", "fetched_via"} <= set(names),
              f"wire: members of ours: {names}")
        check("media" not in post or post["media"] == post["media_all"][0], "wire: first medium")
        check_post(post, "wire " + post["id"])
        hours.add((int(post["id"]) >> 22) // 3600000)
    check(24 <= len(hours) <= 25, f"wire: lines in {len(hours)} hours")


def main():
    with tempfile.TemporaryDirectory() as top:
        told = sample(os.path.join(top, "one"))
        again = sample(os.path.join(top, "two"))
        sample(os.path.join(top, "later"), start="2026-12-05T00:00:00Z")
        contents = files(os.path.join(top, "one"))
        check(contents == files(os.path.join(top, "two")) and told == again,
              "the same arguments give the same bytes")
        later = list(pages(files(os.path.join(top, "later"))))
    all_pages = list(pages(contents))
    counts = count_forms(all_pages)
    wanted = {"lang_" + code for code in LANGUAGES} | {"reply_settings_" + s for s in SETTINGS}
    wanted |= {"surrogate_escapes", "twarc", "redelivered_same", "redelivered_changed",
               "user_changed", "minimal", "article_title", "paid_partnership", "note_requests",
               "source_links"}
    for form, count in json.loads(told).items():
        wanted.add(form)
        check(counts[form] == count, f"--count says {form} {count}, the files have {counts[form]}")
    for form in sorted(wanted):
        check(counts[form] >= AT_LEAST, f"{form}: only {counts[form]}")

    ids = {post["id"] for _, _, page in all_pages for post in page.get("data", [])}
    later_ids = {post["id"] for _, _, page in later for post in page.get("data", [])}
    check(len(ids) >= 2000, f"only {len(ids)} distinct posts")
    check(len(later_ids) == len(ids) and not ids & later_ids and min(later_ids) > max(ids),
          "a later start gives later ids")
    hours = {((int(i) >> 22) + EPOCH_MS) // 3600000 for i in ids}
    check(len(hours) == HOURS, f"posts in {len(hours)} hours")
    times = [p["created_at"] for _, _, page in later for p in page.get("data", [])
             if "created_at" in p]
    check(min(times) >= "2026-12-05", "a later start gives later times")
    for name, _, page in all_pages:
        check_page(name, page)
    check_paging(all_pages)
    check_layouts(contents)
    check_wire()

    for failure in failures[:40]:
        print("FAIL", failure)
    print(f"{len(ids)} posts, {len(all_pages)} pages, {len(wanted)} forms, "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
