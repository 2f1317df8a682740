#!/usr/bin/env python3
"""The reference itself, against rows written by hand, and the checks against spoiled lakes."""
import inspect
import json
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
import checks  # noqa: E402
import documents  # noqa: E402
import rebuild  # noqa: E402
import rows  # noqa: E402
import tables  # noqa: E402
from reference import Import, hourly, short_views  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
HOUR = (2026, 11, 23, 7)
SEVEN = 1795417200000000  # 2026-11-23T07:00:00Z, a Monday


def equal(expected, got):
    found = rebuild.differences(expected, got)
    if found:
        raise checks.Failed("\n".join(found))


def picked(row, want):
    equal(want, {name: row[name] for name in want})


def imported(directory, *documents):
    """Import of one file a document."""
    files = []
    for number, document in enumerate(documents):
        path = pathlib.Path(directory) / f"{number}.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text, encoding="utf-8")
        files.append(path)
    return files


def importing(*documents):
    with tempfile.TemporaryDirectory() as directory:
        return Import(imported(directory, *documents))


def landed(*documents):
    """Rows as the lake has them after importing the documents."""
    return [{**one.row, "stream_id": "s", "stream_offset": 10 * number, "page": None,
             "extra": rebuild.encode_extra(one.line, one.row)}
            for number, one in enumerate(importing(*documents).observations)]


# --- a page ------------------------------------------------------------------------------------

CLASSIC = {
    "data": [
        {"id": "2100000000000000001", "text": "see #One &amp; #zwei", "author_id": "11",
         "created_at": "2026-11-23T07:00:00.123Z", "lang": "en", "reply_settings": "everyone",
         "conversation_id": "2100000000000000001", "possibly_sensitive": False,
         "edit_history_tweet_ids": ["2100000000000000001"],
         "public_metrics": {"retweet_count": 1, "reply_count": 2, "like_count": 3,
                            "quote_count": 4, "impression_count": 5, "bookmark_count": 6},
         "entities": {"hashtags": [{"start": 4, "end": 8, "tag": "One"}],
                      "mentions": [{"start": 0, "end": 2, "username": "BOB"}],
                      "annotations": [{"start": 1, "end": 2, "probability": 0.5, "type": "Place",
                                       "normalized_text": "x"}]},
         "attachments": {"media_keys": ["3_2", "3_1"]}, "geo": {"place_id": "p1"},
         "referenced_tweets": [{"type": "quoted", "id": "2099999999999999999"}]},
        {"id": "2100000000000000002", "text": "\n#2 #a2_\u0301x a#no ##\u00e9t\u00e9", "author_id": "12",
         "created_at": "2026-11-23T09:30:00+02:00", "in_reply_to_user_id": "11"},
    ],
    "includes": {
        "users": [
            {"id": "11", "name": "Ann", "username": "ann", "description": "a&lt;b\r\nc",
             "verified": True, "protected": False, "created_at": "2010-01-01T00:00:00.000Z",
             "public_metrics": {"followers_count": 5001, "following_count": 1, "tweet_count": 2,
                                "listed_count": 3}, "pinned_tweet_id": "5"},
            {"id": "12", "name": "Bob", "username": "Bob", "location": "",
             "public_metrics": {"followers_count": 1000, "following_count": 0, "tweet_count": 9,
                                "listed_count": 0}},
            {"id": "99", "name": "Nobody", "username": "nobody"}],
        "tweets": [{"id": "2099999999999999999", "text": "cut", "author_id": "12",
                    "note_tweet": {"text": "long"}, "created_at": "2026-11-22T00:00:00.000Z"}],
        "media": [{"media_key": "3_1", "type": "photo", "url": "u1", "height": 2, "width": 1},
                  {"media_key": "3_2", "type": "video", "public_metrics": {"view_count": 7}}],
        "places": [{"id": "p1", "full_name": "Kiel, Germany", "name": "Kiel", "country": "Germany",
                    "country_code": "DE", "place_type": "city",
                    "geo": {"type": "Feature", "bbox": [10, 54.25, 10.5, 54.5],
                            "properties": {}}}],
        "topics": [{"id": "t"}]},
    "meta": {"result_count": 2},
    "__twarc": {"retrieved_at": "2026-11-23T10:00:00+00:00"}}


def a_page_becomes_the_rows_written_by_hand():
    one, two = landed(CLASSIC)
    picked(one, {
        "reply_settings": "everyone", "edit_history_tweet_ids": ["2100000000000000001"],
        "referenced_tweets": [{"type": "quoted", "id": "2099999999999999999"}],
        "created_at": SEVEN + 123000, "lang": "en", "text": "see #One &amp; #zwei",
        "conversation_id": "2100000000000000001", "author_id": "11", "id": "2100000000000000001",
        "batch_id": 1, "hashtags": ["#One"], "attachments_media_keys": ["3_2", "3_1"],
        "public_metrics_retweet_count": 1, "public_metrics_reply_count": 2,
        "public_metrics_like_count": 3, "public_metrics_quote_count": 4,
        "public_metrics_impression_count": 5,
        "entities_mentions": [{"username": "BOB", "id": None, "start": 0, "end": 2}],
        "user_profile_image_url": None, "user_pinned_tweet_id": "5", "user_location": None,
        "user_protected": False, "user_verified": True, "user_description": "a&lt;b\r\nc",
        "user_name": "Ann", "user_id": "11", "user_username": "ann",
        "user_created_at": 1262304000000000, "user_public_metrics_followers_count": 5001,
        "user_public_metrics_following_count": 1, "user_public_metrics_tweet_count": 2,
        "user_public_metrics_listed_count": 3, "media_media_key": "3_2", "media_type": "video",
        "in_reply_to_user_id": None, "geo_place_id": "p1", "place_name": "Kiel",
        "place_place_type": "city", "place_id": "p1", "place_country_code": "DE",
        "place_full_name": "Kiel, Germany", "place_country": "Germany",
        "place_geo_type": "Feature", "place_geo_bbox": [10.0, 54.25, 10.5, 54.5],
        "rules": [], "fetched_at": SEVEN + 3 * 3600 * 1000000, "fetched_via": "replay",
        "text_clean": "see #One & #zwei", "user_description_clean": "a<b c",
        "hashtags_folded": ["#one"], "vocabulary": "tweet"})
    equal(["3_2", "3_1"], [item["media_key"] for item in one["media_all"]])
    equal(["12"], [user["id"] for user in one["users_all"]])
    equal([{"id": "2099999999999999999", "type": "quoted", "author_id": "12",
            "author_username": "Bob", "created_at": SEVEN - 31 * 3600 * 1000000, "text": "long",
            "json": CLASSIC["includes"]["tweets"][0]}], one["referenced_posts"])
    picked(two, {
        "created_at": SEVEN + 1800 * 1000000, "batch_id": 1, "author_id": "12", "lang": None,
        "hashtags": ["#a2_", "#\u00e9t\u00e9"], "hashtags_folded": ["#a2_", "#\u00e9t\u00e9"],
        "user_location": "", "user_verified": None, "media_media_key": None, "media_all": None,
        "in_reply_to_user_id": "11", "place_id": None, "edit_history_tweet_ids": None,
        "text_clean": " #2 #a2_\u0301x a#no ##\u00e9t\u00e9"})
    equal(["11"], [user["id"] for user in two["users_all"]])
    equal("2026-11-23T09:30:00+02:00", two["extra"]["/created_at"])


def the_44_are_the_contract():
    names = [column.name for column in rows.COLUMNS]
    equal(["reply_settings", "place_geo_bbox", "stream_id"], [names[0], names[43], names[44]])
    equal(len(names), len(set(names)))
    equal(("list", ("struct", (("type", ("text",)), ("id", ("text",))))), rows.COLUMNS[2].type)
    equal([["note_tweet", "note_post"], ["text"]],
          next(column.path for column in rows.COLUMNS if column.name == "note_tweet_text"))


def documents_are_told_apart():
    post = {"id": "1", "text": "t"}
    for kind, document in (
            ("page", {"data": [post]}), ("other", {"data": [post, {"id": "1"}]}),
            ("other", {"data": [post, 1]}), ("other", {"data": [{"id": 1, "text": "t"}]}), ("other", {"data": post}), ("other", [post]),
            ("other", post), ("other", None), ("other", {"data": []}),
            ("empty", {"data": [], "meta": {"result_count": 0}}),
            ("empty", {"meta": {"result_count": 0}}), ("other", {"meta": {"result_count": 1}}),
            ("line", {**post, "batch_id": 4})):
        equal([kind, document], [documents.document_kind(document), document])


def a_file_holds_one_document_or_one_a_line():
    page = {"data": [{"id": "2100000000000000001", "text": "a"}]}
    other = {"data": [{"id": "2100000000000000002", "text": "b"}]}
    equal(1, len(importing(json.dumps(page, indent=2)).observations))
    result = importing(json.dumps(page) + "\r\n\n" + json.dumps(other) + "\n{no\n")
    equal([[1, 2], [("0.json", 2)], 0], [[one.row["batch_id"] for one in result.observations],
                                         result.broken, result.exit_code()])


def the_new_vocabulary_fills_the_same_columns():
    document = {"data": [{
        "id": "2100000000000000001", "text": "x", "edit_history_post_ids": ["1", "2"],
        "referenced_posts": [{"type": "replied_to", "id": "7"}], "author_id": "11",
        "public_metrics": {"repost_count": 8}, "note_post": {"text": "y"}}],
        "includes": {"posts": [{"id": "7", "text": "seven"}], "users": [
            {"id": "11", "username": "a", "name": "A", "pinned_post_id": "9",
             "most_recent_post_id": "10", "public_metrics": {"post_count": 4}}]}}
    row, = landed(document)
    picked(row, {
        "edit_history_tweet_ids": ["1", "2"], "public_metrics_retweet_count": 8,
        "referenced_tweets": [{"type": "replied_to", "id": "7"}], "note_tweet_text": "y",
        "text_clean": "y", "user_pinned_tweet_id": "9", "user_most_recent_tweet_id": "10",
        "user_public_metrics_tweet_count": 4, "vocabulary": "post",
        "created_at": ((2100000000000000001 >> 22) + 1288834974657) * 1000})
    equal(["7", "replied_to", "seven"], [row["referenced_posts"][0][name]
                                         for name in ("id", "type", "text")])
    equal({"derived": ["/created_at"]}, row["extra"])
    equal(document["data"][0], rebuild.rebuild_post(row)[0])


def what_a_column_cannot_show_is_null():
    row, = landed('{"batch_id":1,"id":"2100000000000000001","text":5,"lang":null,"author_id":{},'
                  '"public_metrics":{"like_count":1.0,"reply_count":9223372036854775808,'
                  '"quote_count":true},"possibly_sensitive":"no","created_at":"Mon Nov 23",'
                  '"edit_history_tweet_ids":["1",2,null],"source":"a\\ud800b\\ud83d\\ude00",'
                  '"referenced_tweets":[{"type":1,"id":"2","more":[]},3]}')
    picked(row, {
        "text": None, "text_clean": None, "lang": None, "author_id": None,
        "public_metrics_like_count": None, "public_metrics_reply_count": None,
        "public_metrics_quote_count": None, "possibly_sensitive": None,
        "created_at": ((2100000000000000001 >> 22) + 1288834974657) * 1000,
        "edit_history_tweet_ids": ["1", None, None], "source": "a\ufffdb\U0001f600",
        "referenced_tweets": [{"type": None, "id": "2"}, None], "hashtags": []})
    equal({"derived": ["/created_at", "/hashtags"], "/text": 5, "/lang": None, "/author_id": {},
           "/public_metrics": {"like_count": 1.0, "reply_count": 9223372036854775808,
                               "quote_count": True},
           "/possibly_sensitive": "no", "/created_at": "Mon Nov 23",
           "/edit_history_tweet_ids/1": 2, "/source": "a\ud800b\U0001f600",
           "/referenced_tweets/0/type": 1, "/referenced_tweets/0/more": [],
           "/referenced_tweets/1": 3}, row["extra"])


def ids_decide_what_is_a_post():
    result = importing({"data": [
        {"id": "29700859246", "text": "old"},
        {"id": "29700859246", "text": "dated", "created_at": "2010-11-04T00:00:00Z"},
        {"id": "29700859247", "text": "first"},
        {"id": "9223372036854775808", "text": "x", "created_at": "2026-11-23T07:00:00.000Z"},
        {"id": "12a", "text": "x", "created_at": "2026-11-23T07:00:00.000Z"}]})
    equal(["dated", "first"], [one.row["text"] for one in result.observations])
    equal(3, len(result.quarantined))
    equal(1346889436626259968 >> 22, 1609958440344 - rows.SNOWFLAKE_EPOCH_MS)


def times_are_read():
    for text, want in (
            ("1970-01-01T00:00:00.000Z", 0), ("1970-01-01T00:00:01Z", 1000000),
            ("1970-01-01T00:00:00.0000019Z", 1), ("1970-01-01T01:30:00+01:30", 0),
            ("1969-12-31T22:00:00-02:00", 0), ("1969-12-31T23:59:59.999Z", -1000),
            ("2026-02-29T00:00:00.000Z", None), ("2026-11-23 07:00:00Z", None),
            ("2026-11-23T24:00:00.000Z", None), ("2026-11-23T07:00:00.000", None),
            ("", None), (5, None)):
        equal([text, want], [text, rows.time_us(text)])
    equal("2026-11-23T07:00:00.012Z", rows.time_text(SEVEN + 12000))
    equal(list(HOUR), list(rows.hour_of(SEVEN + 3599999999)))
    equal([1969, 12, 31, 23], list(rows.hour_of(-1)))


def text_is_cleaned_in_the_written_order():
    for text, want in (
            ("&amp;lt;", "&lt;"), ("&lt;&gt;&amp;", "<>&"), ("&amp;amp;", "&amp;"),
            ("&LT; &quot;", "&LT; &quot;"), ("a\r\n\t\u2028\u2029\u0085b", "a b"),
            ("a \n b", "a   b"), ("\u00a0\u200b", "\u00a0\u200b"), ("e\u0301", "\u00e9"),
            ("\u212b", "\u00c5"), ("a\u0000b", "a b"), ("", ""), (None, None)):
        equal([text, want], [text, rows.clean(text)])


def hashtags_are_folded():
    for tag, want in (
            ("#Stra\u00dfe", "#strasse"), ("#\u0130", "#i\u0307"), ("#\u03a3\u03c2", "#\u03c3\u03c3"),
            ("#E\u0301", "#\u00e9"), ("#\ufb03", "#ffi"), ("#\u1e9e", "#ss"), ("#\u0149", "#\u02bcn"),
            ("#\u13a0", "#\u13a0"), ("#\uab70", "#\u13a0"), ("#\u6f22\u5b57", "#\u6f22\u5b57")):
        equal([tag, want], [tag, rows.fold(tag)])


def hashtags_are_found_in_text():
    for text, want in (
            ("#a #b", ["#a", "#b"]), ("x#a", []), ("_#a", []), ("#1", []), ("#1a", ["#1a"]),
            ("#_", []), ("##a", ["#a"]), ("#a#b", ["#a"]), ("(#a)", ["#a"]), ("\u00e9#a", []),
            ("#\u6f22\u5b571!", ["#\u6f22\u5b571"]), ("#\u0661", []), ("#\u00e9-x", ["#\u00e9"]), ("# a", []),
            ("#a\U0001f600b", ["#a"]), ("\U0001f600#a", ["#a"]), ("#\u2167", []), ("5#a", [])):
        equal([text, want], [text, rows.hashtags_in_text(text)])
    equal(["#x"], rows.hashtags_of({"text": "#y", "entities": {"hashtags": [{"tag": "x"}, {}]}}))
    equal([], rows.hashtags_of({"text": "#y", "entities": {}}))


def a_re_delivery_is_dropped():
    page = {"data": [{"id": "2100000000000000001", "text": "a", "author_id": "1"},
                     {"id": "2100000000000000002", "text": "b"}],
            "includes": {"users": [{"id": "1", "username": "u", "name": "n"}]}}
    again = {**page, "__twarc": {"retrieved_at": "2026-11-23T07:00:00Z"}}
    other = {"data": page["data"], "includes": {"users": [{"id": "1", "username": "v"}]}}
    result = importing(page, again, other)
    equal([["kept", "kept"], ["dropped", "dropped"], ["kept", "dropped"]],
          [[one.state for one in page.observations] for page in result.pages])
    equal([1, 1, 3], [one.row["batch_id"] for one in result.observations])
    equal("b", result.pages[2].observations[1].same_as.row["text"])


# --- rebuilding --------------------------------------------------------------------------------

def pointers_are_applied():
    root = {"a": [{"b": 1}, 2], "": {"/~": 0}}
    for pointer, value in (("/a/0/b", 3), ("/a/1", None), ("/x/y~1z/~0~1", 4), ("//~1~0", 5),
                           ("/a/0/c", []), ("/~01", 6)):
        rebuild.set_pointer(root, pointer, value)
    equal({"a": [{"b": 3, "c": []}, None], "": {"/~": 5}, "x": {"y/z": {"~/": 4}}, "~1": 6}, root)
    for pointer in ("/a/2", "/a/-", "/a/01", "a", "/a/0/b/c"):
        try:
            rebuild.set_pointer(root, pointer, 0)
        except rebuild.RebuildError:
            continue
        raise checks.Failed(f"{pointer} should not apply")


def empty_row(**values):
    row = {column.name: None for column in rows.COLUMNS}
    return {**row, "vocabulary": "tweet", "id": "7", **values}


def a_line_is_rebuilt_from_columns_and_extra():
    row = empty_row(
        created_at=SEVEN, text="a\ufffd", hashtags=["#x"], batch_id=3, vocabulary="mixed",
        public_metrics_retweet_count=4, user_public_metrics_tweet_count=5, user_pinned_tweet_id="6",
        user_id="8", note_tweet_text="n", referenced_tweets=[{"type": None, "id": "2"}],
        media_all=[{**dict.fromkeys((
            "media_key", "type", "width", "height", "duration_ms", "url", "preview_image_url",
            "alt_text", "public_metrics", "variants", "non_public_metrics", "organic_metrics",
            "promoted_metrics")), "media_key": "3_1", "public_metrics": {"view_count": None}}],
        users_all=[{"id": "9", "json": {"id": "9", "z": None}}], polls=[],
        extra={
            "derived": ["/created_at", "/hashtags"],
            "new_names": ["/public_metrics/repost_count", "/note_post/text", "/_aviary/user/pinned_post_id"],
            "moved": ["user"], "/user": "theirs", "/text": "a\ud800", "/a~1b": {"~0": 1},
            "/referenced_tweets/0/x": 1, "/entities": {}, "/_aviary/user/n": None,
            "duplicates": [["/text", "first"]]})
    line = rebuild.rebuild_line(row)
    equal([("text", "first")], line.repeats)
    line.repeats = ()
    equal({"id": "7", "text": "a\ud800", "batch_id": 3, "public_metrics": {"repost_count": 4},
           "_aviary": {"user": {"id": "8", "pinned_post_id": "6", "n": None,
                                "public_metrics": {"tweet_count": 5}}},
           "user": "theirs", "note_post": {"text": "n"}, "a/b": {"~0": 1},
           "referenced_tweets": [{"id": "2", "x": 1}], "entities": {}, "polls": [],
           "media_all": [{"media_key": "3_1", "public_metrics": {}}],
           "users_all": [{"id": "9", "z": None}]}, line)
    post, ours = rebuild.rebuild_post(row)
    equal(["8", 3, "theirs"], [ours["user"]["id"], ours["batch_id"], post["user"]])
    equal([], [name for name in ("_aviary", "polls", "media_all", "batch_id") if name in post])


def times_and_json_are_rendered():
    row = empty_row(created_at=SEVEN + 1000, article={"title": "t"}, place_geo_bbox=[1.0],
                    edit_controls_editable_until=-1000, extra=None)
    equal({"id": "7", "created_at": "2026-11-23T07:00:00.001Z", "article": {"title": "t"},
           "place": {"geo": {"bbox": [1.0]}},
           "edit_controls": {"editable_until": "1969-12-31T23:59:59.999Z"}},
          rebuild.rebuild_line(row))


def a_page_is_rebuilt():
    first = empty_row(
        id="1", user_id="11", user_name="A", media_media_key="3_1", extra=None,
        users_all=[{"id": "12", "json": {"id": "12", "q": 1}}],
        media_all=[{**{name: None for name, _ in dict(
            (column.name, column.type) for column in rows.COLUMNS)["media_all"][1][1]},
            "media_key": "3_1", "type": "photo"}],
        page={"meta": {"n": 3}, "errors": [], "dropped": [[1, "5"]], "includes": {
            "users": {"order": ["12", None, "11", None, "13"],
                      "rest": [{"id": 9}, {"id": "11", "name": "again"}]},
            "media": {"order": ["3_1"], "rest": []}, "topics": {"raw": [{"id": "t"}]},
            "posts": {"raw": {}}}})
    second = empty_row(id="2", page=None, extra=None)
    earlier = empty_row(id="5", user_id="13", extra=None, page=None)
    equal({"meta": {"n": 3}, "errors": [], "data": [{"id": "1"}, {"id": "5"}, {"id": "2"}],
           "includes": {"users": [{"id": "12", "q": 1}, {"id": 9}, {"id": "11", "name": "A"},
                                  {"id": "11", "name": "again"}, {"id": "13"}],
                        "media": [{"media_key": "3_1", "type": "photo"}],
                        "topics": [{"id": "t"}], "posts": {}}},
          rebuild.rebuild_page([first, second], lambda position, post_id: earlier))
    first["page"]["includes"]["media"]["rest"] = [{}]
    try:
        rebuild.rebuild_page([first, second], lambda position, post_id: earlier)
    except rebuild.RebuildError:
        return
    raise checks.Failed("an item left over in rest went unseen")


def repeated_members_are_found():
    equal([["/a", 1], ["/b/0/x~1y", {"z": 1}]], documents.repeats_in(documents.parse_json(
        '{"a":1,"a":{"c":1},"b":[{"x/y":{"z":1},"x/y":2}]}')))


def differences_are_seen():
    for one, two, count in (({"a": 1}, {"a": 1.0}, 1), ({"bbox": [1]}, {"bbox": [1.0]}, 0), (1, True, 1), (None, {}, 1), ([1], [1, 2], 1),
                            ({"a": None}, {}, 1), ({}, {"a": None}, 1), ("a", "b", 1),
                            (2**63, 2**63 + 1, 1), ([], {}, 1), (0, False, 1), (0, None, 1)):
        equal([str(one), str(two), count],
              [str(one), str(two), len(rebuild.differences(one, two))])


# --- tables ------------------------------------------------------------------------------------

def observation(offset, **values):
    row = empty_row(stream_id="s", stream_offset=offset, created_at=SEVEN, rules=[], extra=None,
                    page=None)
    return {**row, **values}


def dimensions_take_the_newest():
    made = hourly([
        observation(1, id="1", fetched_at=5, text_clean="", lang="", author_id="11", rules=["b"],
                    hashtags=["#a", "#b"], attachments_media_keys=["3_1"], user_id="11",
                    user_name="new", user_public_metrics_followers_count=999, place_id="p",
                    public_metrics_impression_count=5, place_name="", reply_settings="following"),
        observation(2, id="1", fetched_at=None, text_clean="old", author_id="11", user_id="11",
                    rules=["a", "b"], user_name="old", place_id="p", place_name="old"),
        observation(3, id="1", fetched_at=4, text_clean="older", rules=None, user_id="11",
                    user_name="older"),
        observation(4, id="2", author_id="11", user_id=None,
                    public_metrics_impression_count=None),
        observation(5, id="2", stream_id="r", author_id="x")])
    equal(2, len(made["tweet_data_raw"][HOUR]))
    one = next(row for row in made["tweet_data_raw"][HOUR] if row["tweet_id"] == "1")
    picked(one, {"tweet_text": None, "language": None, "rules": ["a", "b"], "observations": 3,
                 "fetched_at": 5, "stream_offset": 1, "hashtags_list": ["#a", "#b"]})
    two = next(row for row in made["tweet_data_raw"][HOUR] if row["tweet_id"] == "2")
    picked(two, {"author_id": "11", "stream_id": "s", "rules": [], "observations": 2,
                 "hashtags_list": None})
    equal([["11", "new", "Low"]], [[user["user_id"], user["name"], user["user_popularity"]]
                                   for user in made["user_data_raw"][HOUR]])
    equal([None], [place["place_name"] for place in made["place_data_raw"][HOUR]])
    equal([{"user_id": "11", "tweet_count": None, "followers_count": 999, "following_count": None,
            "tweets_collected": 2, "hashtags_count": 2, "media_count": 1, "reach": 5}],
          made["user_activity_processed"][HOUR])
    equal({"tweet_id": "2", "like_count": None, "retweet_count": None, "reply_count": None,
           "quote_count": None, "impression_count": None, "hashtags_count": 0, "media_count": 0},
          next(row for row in made["tweet_engagement_processed"][HOUR] if row["tweet_id"] == "2"))
    equal([{"tweet_id": "1", "user_id": "11", "num_hashtags": 2, "num_media": 1},
           {"tweet_id": "2", "user_id": "11", "num_hashtags": 0, "num_media": 0}],
          sorted(made["users_tweets_processed"][HOUR], key=lambda row: row["tweet_id"]))
    picked(made["totals_metrics_processed"][HOUR][0], {
        "count_weekend_tweets": 0, "count_week_tweets": 2, "low_popularity_user_count": 1,
        "verified_user_count": 0, "limited_reply_tweet_count": 1})


def ties_go_to_stream_then_offset():
    def newest(*observed):
        return hourly(list(observed))["tweet_data_raw"][HOUR][0]["tweet_text"]

    equal("b", newest(observation(9, fetched_at=1, text_clean="a"),
                      observation(10, fetched_at=1, text_clean="b")))
    equal("b", newest(observation(9, fetched_at=1, text_clean="a"),
                      observation(1, fetched_at=1, text_clean="b", stream_id="t")))
    equal("a", newest(observation(9, fetched_at=-1, text_clean="a"),
                      observation(10, stream_id="z", text_clean="b")))


def every_medium_stands_once():
    def item(key, **values):
        return {"media_key": key, "type": None, "public_metrics": None, "width": None, **values}

    made = hourly([
        observation(1, fetched_at=2, media_all=[item("3_1", type="photo", width=1), item(None),
                                                item("3_1", type="video", width=2), None]),
        observation(2, id="8", fetched_at=1, media_media_key="3_2", media_type="video"),
        observation(3, id="9", fetched_at=3, media_all=[], media_media_key="3_3"),
        observation(4, id="10", fetched_at=1, media_all=[item("3_1", type="old", alt_text=""),
                                                         item("3_4", type="animated_gif",
                                                              alt_text="", public_metrics={
                                                                  "view_count": 3})])])
    media = {row["media_id"]: row for row in made["media_data_raw"][HOUR]}
    equal(["3_1", "3_2", "3_4"], sorted(media))
    picked(media["3_1"], {"media_type": "photo", "width": 1, "view_count": None, "fetched_at": 2})
    picked(media["3_4"], {"alt_text": None, "view_count": 3})
    picked(made["totals_metrics_processed"][HOUR][0],
           {"photo_media_count": 1, "video_media_count": 1})


def popularity_has_its_bounds():
    equal(["High", "Middle", "Middle", "Low", "Low", None],
          [tables._popularity(count) for count in (5001, 5000, 1000, 999, 0, None)])


def hours_stand_apart_and_views_take_the_newest():
    later = SEVEN + 3600 * 1000000
    saturday = SEVEN + 5 * 24 * 3600 * 1000000
    made = hourly([
        observation(1, id="1", fetched_at=2, user_id="11", user_name="a", user_verified=True,
                    author_id="11"),
        observation(2, id="1", fetched_at=1, created_at=later, user_id="11", user_name="b",
                    user_protected=True),
        observation(3, id="2", created_at=later, user_id="12", user_name="c"),
        observation(4, id="3", created_at=saturday, user_id="12", user_name="d",
                    reply_settings="everyone", place_id="p", place_place_type="city")])
    equal(3, len(made["totals_metrics_processed"]))
    equal([0, 0, 1], [made["totals_metrics_processed"][hour][0]["count_weekend_tweets"]
                      for hour in sorted(made["totals_metrics_processed"])])
    equal([(2026, 11, 28, 7)], list(made["place_data_raw"]))
    views = short_views(made)
    equal(["a", "d"], [row["name"] for row in sorted(views["users"], key=lambda x: x["user_id"])])
    equal([1, 3, 4], sorted(row["stream_offset"] for row in views["posts"]))
    picked(views["totals_metrics"][0], {
        "count_weekend_tweets": 1, "count_week_tweets": 2, "verified_user_count": 1,
        "protected_user_count": 0, "city_count": 1, "limited_reply_tweet_count": 0})


# --- the checks, on a lake by fake_aviary.py ---------------------------------------------------

def the_checks_see_faults():
    """On a right lake every check passes; every fault turns the checks red that are to see it."""
    moved = {"data": [{**CLASSIC["data"][0], "id": "2100000000000000009", "user": "theirs",
                       "text": "a\ud800", "odd": [1, {"x": None}]}], "includes": CLASSIC["includes"]}
    saturday = {"data": [{"id": "2100000000000000003", "text": "x,\"y\"\n", "author_id": "12",
                          "created_at": "2026-11-28T23:59:59.999Z"}, CLASSIC["data"][1]],
                "includes": {"users": CLASSIC["includes"]["users"][1:]},
                "__twarc": {"retrieved_at": "2026-11-29T00:00:00Z"}}
    documents = (CLASSIC, saturday, {"data": [{"id": "1"}]}, moved)
    wanted = {
        "": [],
        "lost": ["every_id_lands", "every_observation_lands_once", "the_44_columns"],
        "lang": ["the_44_columns", "lines_come_back"], "clean": ["the_cleaned_columns"],
        "extra": ["lines_come_back", "pages_come_back"], "page": ["pages_come_back"],
        "rest": ["pages_come_back"], "hour": ["landing_hours"], "padded": ["landing_hours"],
        "users": ["user_data_raw_equals", "star"], "snappy": ["files_are_zstd_and_utc"],
        "local": ["landing_types", "files_are_zstd_and_utc"], "view": ["view_users"],
        "again": ["again_adds_nothing"]}
    checks.BINARY = str(HERE / "fake_aviary.py")
    # Its first line asks for python3: the one that runs this test, which has what it imports.
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    for fault, names in wanted.items():
        os.environ["FAKE_FAULT"] = fault
        with tempfile.TemporaryDirectory() as directory:
            lake = checks.Lake(pathlib.Path(directory) / "lake", imported(directory, *documents))
            report = Silent()
            checks.check_all(report, lake)
            if fault == "" and report.red:
                raise checks.Failed("red on a right lake:\n" + "\n".join(
                    f"{name}: {why}" for name, why in report.red.items()))
            missed = [name for name in names if name not in report.red]
            if missed:
                raise checks.Failed(f"{fault}: {missed} did not see it, {list(report.red)} did")


class Silent:
    def __init__(self):
        self.red = {}

    def check(self, name, function):
        try:
            function()
        except Exception as error:  # every kind counts as red here
            self.red[name] = repr(error)


def main():
    report = checks.Report()
    for name, function in list(globals().items()):
        claim = inspect.isfunction(function) and function.__module__ == __name__ and \
            not inspect.signature(function).parameters and name != "main"
        if claim:
            report.check(name, function)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
