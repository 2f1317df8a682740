"""Dimensions, facts and short views from landing rows: docs/tables.md in plain Python.

Tables of an hour are {hour: [row, ...]} with hour = (year, month, day, hour). Rows are dicts, as in
rows.py. SCHEMAS gives every table's columns in order, with types in the words of columns.def.
"""
import collections
import datetime

from rows import EPOCH, hour_of, parse_type


def _schema(text):
    pairs = [part.strip().split(" ", 1) for part in text.split(";") if part.strip()]
    return [(name, parse_type(kind)) for name, kind in pairs]


SCHEMAS = {
    "tweet_data_raw": _schema("""
        tweet_id text; author_id text; tweet_text text; hashtags_list text[]; retweet_count int;
        reply_count int; like_count int; quote_count int; impression_count int; language text;
        tweet_date time; who_can_reply text; media_ids text[]; tweet_location text;
        edit_history_ids text[]; hashtags_folded text[]; bookmark_count int; conversation_id text;
        in_reply_to_user_id text; source text; possibly_sensitive bool;
        referenced_tweets {type text, id text}[]; rules text[]; observations int; fetched_at time;
        stream_id text; stream_offset int"""),
    "user_data_raw": _schema("""
        user_id text; username text; name text; profile_description text; location text;
        profile_image text; pinned_tweet_id text; profile_creation_date time; protected bool;
        verified bool; followers_count int; following_count int; tweet_count int; listed_count int;
        user_popularity text; verified_type text; url text; fetched_at time"""),
    "place_data_raw": _schema("""
        place_id text; place_name text; place_fullname text; place_country text;
        place_country_code text; place_type text; bbox double[]; contained_within text[];
        fetched_at time"""),
    "media_data_raw": _schema("""
        media_id text; media_type text; width int; height int; duration_ms int; url text;
        preview_image_url text; alt_text text; view_count int; fetched_at time"""),
    "tweet_engagement_processed": _schema("""
        tweet_id text; like_count int; retweet_count int; reply_count int; quote_count int;
        impression_count int; hashtags_count int; media_count int"""),
    "users_tweets_processed": _schema("""
        tweet_id text; user_id text; num_hashtags int; num_media int"""),
    "user_activity_processed": _schema("""
        user_id text; tweet_count int; followers_count int; following_count int;
        tweets_collected int; hashtags_count int; media_count int; reach int"""),
    "totals_metrics_processed": _schema("""
        count_weekend_tweets int; count_week_tweets int; verified_user_count int;
        protected_user_count int; high_popularity_user_count int; middle_popularity_user_count int;
        low_popularity_user_count int; photo_media_count int; video_media_count int;
        city_count int; limited_reply_tweet_count int"""),
}
DIMENSIONS = [name for name in SCHEMAS if name.endswith("_raw")]
FACTS = [name for name in SCHEMAS if name.endswith("_processed")]
KEYS = {"tweet_data_raw": "tweet_id", "user_data_raw": "user_id", "place_data_raw": "place_id",
        "media_data_raw": "media_id", "tweet_engagement_processed": "tweet_id",
        "users_tweets_processed": "tweet_id", "user_activity_processed": "user_id",
        "totals_metrics_processed": None}
VIEWS = {"posts": "tweet_data_raw", "users": "user_data_raw", "media": "media_data_raw",
         "places": "place_data_raw"}


def _age(row):
    return (row["fetched_at"] is not None, row["fetched_at"] or 0)


def newest_first(rows):
    return sorted(rows, reverse=True,
                  key=lambda row: (_age(row), row["stream_id"], row["stream_offset"]))


def _finish(table, row):
    """Empty text is NULL; the columns in their order."""
    return {name: None if kind == ("text",) and row[name] == "" else row[name]
            for name, kind in SCHEMAS[table]}


def _popularity(followers):
    if followers is None:
        return None
    return "High" if followers > 5000 else "Middle" if followers >= 1000 else "Low"


def tweet_data_raw(rows):
    groups = collections.defaultdict(list)
    for row in newest_first(rows):
        groups[row["id"]].append(row)
    result = []
    for group in groups.values():
        row = group[0]
        rules = {rule for one in group for rule in one["rules"] or [] if rule is not None}
        result.append(_finish("tweet_data_raw", {
            "tweet_id": row["id"], "tweet_text": row["text_clean"],
            "hashtags_list": row["hashtags"],
            **{name + "_count": row[f"public_metrics_{name}_count"]
               for name in ("retweet", "reply", "like", "quote", "impression", "bookmark")},
            "language": row["lang"], "tweet_date": row["created_at"],
            "who_can_reply": row["reply_settings"],
            "media_ids": row["attachments_media_keys"], "tweet_location": row["geo_place_id"],
            "edit_history_ids": row["edit_history_tweet_ids"],
            "rules": sorted(rules), "observations": len(group),
            **{name: row[name] for name in (
                "author_id", "hashtags_folded", "conversation_id", "in_reply_to_user_id", "source",
                "possibly_sensitive", "referenced_tweets", "fetched_at", "stream_id",
                "stream_offset")},
        }))
    return result


def user_data_raw(rows):
    newest = {}
    for row in newest_first(rows):
        if row["user_id"]:
            newest.setdefault(row["user_id"], row)
    return [_finish("user_data_raw", {
        "profile_description": row["user_description_clean"],
        "profile_image": row["user_profile_image_url"],
        "profile_creation_date": row["user_created_at"],
        **{name + "_count": row[f"user_public_metrics_{name}_count"]
           for name in ("followers", "following", "tweet", "listed")},
        "user_popularity": _popularity(row["user_public_metrics_followers_count"]),
        "user_id": row["user_id"], "fetched_at": row["fetched_at"],
        **{name: row["user_" + name] for name in (
            "username", "name", "location", "pinned_tweet_id", "protected", "verified",
            "verified_type", "url")},
    }) for row in newest.values()]


def place_data_raw(rows):
    newest = {}
    for row in newest_first(rows):
        if row["place_id"]:
            newest.setdefault(row["place_id"], row)
    return [_finish("place_data_raw", {
        "place_id": row["place_id"], "place_name": row["place_name"],
        "place_fullname": row["place_full_name"], "place_country": row["place_country"],
        "place_country_code": row["place_country_code"], "place_type": row["place_place_type"],
        "bbox": row["place_geo_bbox"], "contained_within": row["place_contained_within"],
        "fetched_at": row["fetched_at"],
    }) for row in newest.values()]


def media_data_raw(rows):
    newest = {}
    for row in newest_first(rows):
        items = row["media_all"]
        if items is None:
            items = [{"media_key": row["media_media_key"], "type": row["media_type"]}]
        for item in items:
            if item is not None and item["media_key"]:
                newest.setdefault(item["media_key"], (item, row["fetched_at"]))
    return [_finish("media_data_raw", {
        "media_id": key, "media_type": item["type"], "fetched_at": fetched_at,
        "view_count": (item.get("public_metrics") or {}).get("view_count"),
        **{name: item.get(name) for name in (
            "width", "height", "duration_ms", "url", "preview_image_url", "alt_text")},
    }) for key, (item, fetched_at) in newest.items()]


def _length(items):
    return len(items) if items is not None else 0


def tweet_engagement_processed(posts):
    return [{**{name: post[name] for name in (
        "tweet_id", "like_count", "retweet_count", "reply_count", "quote_count",
        "impression_count")},
        "hashtags_count": _length(post["hashtags_list"]),
        "media_count": _length(post["media_ids"])} for post in posts]


def users_tweets_processed(posts):
    return [{"tweet_id": post["tweet_id"], "user_id": post["author_id"],
             "num_hashtags": _length(post["hashtags_list"]),
             "num_media": _length(post["media_ids"])} for post in posts]


def user_activity_processed(posts, users):
    by_author = collections.defaultdict(list)
    for post in posts:
        by_author[post["author_id"]].append(post)
    result = []
    for user in users:
        own = by_author[user["user_id"]]
        result.append({
            **{name: user[name] for name in (
                "user_id", "tweet_count", "followers_count", "following_count")},
            "tweets_collected": len(own),
            "hashtags_count": sum(_length(post["hashtags_list"]) for post in own),
            "media_count": sum(_length(post["media_ids"]) for post in own),
            "reach": sum(post["impression_count"] or 0 for post in own)})
    return result


def totals_metrics(posts, users, media, places):
    """One row. Saturday and Sunday are the weekend, in UTC."""
    def days(us):
        return (EPOCH + datetime.timedelta(microseconds=us)).weekday()

    weekend = sum(1 for post in posts if days(post["tweet_date"]) >= 5)

    def count(rows, name, value):
        return sum(1 for row in rows if row[name] == value)

    return {
        "count_weekend_tweets": weekend, "count_week_tweets": len(posts) - weekend,
        "verified_user_count": count(users, "verified", True),
        "protected_user_count": count(users, "protected", True),
        "high_popularity_user_count": count(users, "user_popularity", "High"),
        "middle_popularity_user_count": count(users, "user_popularity", "Middle"),
        "low_popularity_user_count": count(users, "user_popularity", "Low"),
        "photo_media_count": count(media, "media_type", "photo"),
        "video_media_count": count(media, "media_type", "video"),
        "city_count": count(places, "place_type", "city"),
        "limited_reply_tweet_count": sum(
            1 for post in posts if post["who_can_reply"] not in (None, "everyone")),
    }


def hourly(landing):
    """{table: {hour: rows}} of the eight tables; an hour without rows of a table is left out."""
    hours = collections.defaultdict(list)
    for row in landing:
        hours[hour_of(row["created_at"])].append(row)
    tables = {name: {} for name in SCHEMAS}
    for hour, rows in hours.items():
        posts, users = tweet_data_raw(rows), user_data_raw(rows)
        places, media = place_data_raw(rows), media_data_raw(rows)
        made = {
            "tweet_data_raw": posts, "user_data_raw": users, "place_data_raw": places,
            "media_data_raw": media,
            "tweet_engagement_processed": tweet_engagement_processed(posts),
            "users_tweets_processed": users_tweets_processed(posts),
            "user_activity_processed": user_activity_processed(posts, users),
            "totals_metrics_processed": [totals_metrics(posts, users, media, places)],
        }
        for name, result in made.items():
            if result:
                tables[name][hour] = result
    return tables


def short_views(tables):
    """{view: rows} of posts, users, media, places and totals_metrics, from the hourly tables."""
    views = {}
    for view, table in VIEWS.items():
        newest = {}
        for hour, rows in tables[table].items():
            for row in rows:
                rank = (_age(row), hour, row.get("stream_id") or "", row.get("stream_offset") or 0)
                key = row[KEYS[table]]
                if key not in newest or rank > newest[key][0]:
                    newest[key] = (rank, row)
        views[view] = [row for _, row in newest.values()]
    views["totals_metrics"] = [totals_metrics(views["posts"], views["users"], views["media"],
                                              views["places"])]
    return views
