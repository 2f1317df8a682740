#!/bin/bash
# Somebody has pages of the X API in files and wants tables.
. "$(dirname "$0")/lib.sh"

"$SAMPLE" --start 2026-11-22T00:00:00Z --seed 11 --posts 300 --hours 10 --out pages || exit 1
files=(pages/*)
import lake "${files[@]}"

# --- what import says ---------------------------------------------------------------------------

same "import ends with 0" "$code" 0
summary='^imported [0-9,]+ files?: [0-9,]+ pages, [0-9,]+ posts, [0-9,]+ already known, [0-9,]+ quarantined; '
has "the summary is one line of counts, seconds and rate" "$out" "$summary"'[0-9]+\.[0-9] s, [0-9,]+ posts/s$'
has "the last line says what to do next" "$(tail -1 <<<"$out")" '^next: aviary query --lake lake '
has "and that works as printed" "$("$AVIARY" query --lake lake "SELECT tweet_date, tweet_text FROM posts LIMIT 5" 2>&1)" '^5 rows'

# --- the pages, read by others ----------------------------------------------------------------------

"$PYTHON" - "${files[@]}" >expected <<'P'
import sys
from lib import documents, hour_of, time_of, written
pages = [page for name in sys.argv[1:] for page in documents(name)]
posts = [(post, page) for page in pages for post in page.get("data", [])]
hours = {hour_of(post) for post, _ in posts}
authors, media, places = set(), set(), set()
for post, page in posts:
    included = page.get("includes") or {}
    if any(user.get("id") == post.get("author_id") for user in included.get("users", [])):
        authors.add((post["author_id"], hour_of(post)))
    for key in (post.get("attachments") or {}).get("media_keys") or []:
        if any(medium.get("media_key") == key for medium in included.get("media", [])):
            media.add((key, hour_of(post)))
    place = (post.get("geo") or {}).get("place_id")
    if any(item.get("id") == place for item in included.get("places", [])):
        places.add((place, hour_of(post)))
ids = {post["id"] for post, _ in posts}
print("files", len(sys.argv) - 1)
print("pages", len(pages))
print("deliveries", len(posts))
print("posts", len(ids))
print("hours", len(hours))
print("authors", len({author for author, _ in authors}))
print("hour_authors", len(authors))
print("media", len({key for key, _ in media}))
print("hour_media", len(media))
print("places", len({place for place, _ in places}))
print("hour_places", len(places))
print("newest", max(post.get("created_at") or written(time_of(post)) for post, _ in posts))
P
while read -r name value; do declare "in_$name=$value"; done <expected

number() { sed -nE "1s/.*[ ;]([0-9,]+) $1[,:; ].*/\1/p" <<<"$out" | tr -d ,; }
same "it counts the files" "$(number files)" "$in_files"
same "it counts the pages" "$(number pages)" "$in_pages"
same "posts and those already known are all that the pages hold" \
	"$(($(number posts) + $(number already)))" "$in_deliveries"
same "the sample has re-deliveries to tell apart" "$(($(number already) > 0))" 1

# --- counts -----------------------------------------------------------------------------------------

raw=twitter_raw_data done_=twitter_processed_data
cat >counts.sql <<Q
SELECT (SELECT count(*) FROM landing), (SELECT count(DISTINCT id) FROM landing),
(SELECT count(*) FROM tweet_data_raw), (SELECT count(*) FROM posts),
(SELECT count(*) FROM user_data_raw), (SELECT count(*) FROM users),
(SELECT count(*) FROM media_data_raw), (SELECT count(*) FROM media),
(SELECT count(*) FROM place_data_raw), (SELECT count(*) FROM places),
(SELECT count(*) FROM tweet_engagement_processed), (SELECT count(*) FROM users_tweets_processed),
(SELECT count(*) FROM user_activity_processed), (SELECT count(*) FROM totals_metrics_processed),
(SELECT count(*) FROM totals_metrics),
(SELECT sum(count_weekend_tweets + count_week_tweets) FROM totals_metrics_processed),
(SELECT count_weekend_tweets + count_week_tweets FROM totals_metrics)
Q
IFS=, read -r landing distinct tweets posts hour_users users hour_media media hour_places places \
	engagement users_tweets activity totals total weighed all_time \
	< <(values lake "$(cat counts.sql)")
same "landing has a row for every observation that was new" "$landing" "$(number posts)"
same "landing has every post of the pages" "$distinct" "$in_posts"
same "tweet_data_raw has each post once" "$tweets" "$in_posts"
same "so has posts" "$posts" "$in_posts"
same "user_data_raw has each author once an hour" "$hour_users" "$in_hour_authors"
same "users has each once" "$users" "$in_authors"
same "media_data_raw has each medium once an hour" "$hour_media" "$in_hour_media"
same "media has each once" "$media" "$in_media"
same "place_data_raw has each place once an hour" "$hour_places" "$in_hour_places"
same "places has each once" "$places" "$in_places"
same "tweet_engagement_processed has a row a post" "$engagement" "$in_posts"
same "users_tweets_processed too" "$users_tweets" "$in_posts"
same "user_activity_processed has a row an author and hour" "$activity" "$in_hour_authors"
same "totals_metrics_processed has a row an hour" "$totals" "$in_hours"
same "its weekdays and weekends add up" "$weighed" "$in_posts"
same "totals_metrics is one row" "$total" 1
same "over all posts" "$all_time" "$in_posts"

# --- names ------------------------------------------------------------------------------------------

for name in twitter_landing_data.twitter_landing_data \
	$raw.tweet_data_raw $raw.user_data_raw $raw.place_data_raw $raw.media_data_raw \
	$done_.tweet_engagement_processed $done_.user_activity_processed \
	$done_.users_tweets_processed $done_.totals_metrics_processed; do
	same "$name answers to NAME and to DATABASE.NAME" "$(values lake \
		"SELECT (SELECT count(*) FROM $name) = (SELECT count(*) FROM ${name#*.}), (SELECT count(*) > 0 FROM $name)")" \
		"true,true"
done

columns=$("$AVIARY" query --lake lake --format csv "SELECT * FROM landing LIMIT 0" | tr -d '\r')
run "$AVIARY" query --lake lake --format csv "SELECT $columns FROM landing LIMIT 0"
same "a select of every landing column unquoted works" "$(tr -d '\r' <<<"$out")" "$columns"
same "the first 44 are the historical ones" "$(cut -d, -f1-44 <<<"$columns")" "reply_settings,\
edit_history_tweet_ids,referenced_tweets,created_at,lang,text,conversation_id,author_id,id,batch_id,hashtags,\
attachments_media_keys,public_metrics_retweet_count,public_metrics_reply_count,public_metrics_like_count,\
public_metrics_quote_count,public_metrics_impression_count,entities_mentions,user_profile_image_url,\
user_pinned_tweet_id,user_location,user_protected,user_verified,user_description,user_name,user_id,\
user_username,user_created_at,user_public_metrics_followers_count,user_public_metrics_following_count,\
user_public_metrics_tweet_count,user_public_metrics_listed_count,media_media_key,media_type,\
in_reply_to_user_id,geo_place_id,place_name,place_place_type,place_id,place_country_code,place_full_name,\
place_country,place_geo_type,place_geo_bbox"

# --- status ------------------------------------------------------------------------------------------

run "$AVIARY" status --lake lake
same "status ends with 0" "$code" 0
has "status names the lake" "$out" '^lake +lake '
has "status tells the newest post" "$out" "^newest post $in_newest\$"
has "status counts posts" "$out" "^posts +$landing rows"
has "status counts hours and files" "$out" "^hours +$in_hours in $in_hours files, [0-9,]+ bytes"
has "status counts what is quarantined" "$out" '^quarantine +0 lines'
has "status tells of each stream" "$out" '^stream +[0-9a-f-]{36} committed to byte [0-9,]+'
has "status says that nothing waits for refine" "$out" '^stale +0 hours'
"$AVIARY" status --lake lake --json >status.json
same "status --json says the same" "$("$PYTHON" -c '
import json
s = json.load(open("status.json"))
print(s["lake"], s["record"], s["newest_post"], s["posts"], s["hours"], s["files"], s["stale_hours"], s["quarantined"], len(s["streams"]))')" \
	"lake 2 $in_newest $landing $in_hours $in_hours 0 0 1"

# --- directories -------------------------------------------------------------------------------------

shape='/year=20[0-9]{2}/month=([1-9]|1[0-2])/day=([1-9]|[12][0-9]|3[01])/hour=(1?[0-9]|2[0-3])/[^/]+\.parquet$'
tables='(request_log|twitter-landing-data|twitter_raw_data/(tweet|user|place|media)_data_raw|twitter-processed-data/(tweet_engagement|user_activity|users_tweets|totals_metrics)_processed)'
same "every file is in its table's and hour's directory" \
	"$(cd lake && find . -type f ! -path './_aviary/*' | grep -vE "^\./$tables$shape")" ""
same "landing's files are named after stream and offset" \
	"$(cd lake && find twitter-landing-data -type f | grep -vE '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{20}\.parquet$')" ""
same "every table has every hour, an empty one too" \
	"$(cd lake && find . -type d -name 'hour=*' ! -path './_aviary/*' ! -path './request_log/*' | wc -l)" $((9 * in_hours))

# --- again -------------------------------------------------------------------------------------------

before=$(files_of lake/twitter-landing-data) tables_before=$(files_of lake/twitter_raw_data)
import lake "${files[@]}"
same "importing the same files again ends with 0" "$code" 0
has "and says that they had been imported before" "$out" "$in_files of them had been imported before"
same "and finds no post" "$(number posts)" 0
same "and makes no record" "$(status_of lake record)" 2
same "and leaves landing's files as they are" "$(files_of lake/twitter-landing-data)" "$before"
same "and the dimensions' too" "$(files_of lake/twitter_raw_data)" "$tables_before"
mkdir renamed && cp pages/*01.jsonl renamed/other-name.jsonl
import lake renamed/other-name.jsonl
same "the same bytes under another name add nothing either" "$code $(number posts) $(status_of lake record)" "0 0 2"

first=pages/2026-11-22T00-1.json
import twice "$first" "$first"
same "the same file twice in one command ends with 0" "$code" 0
same "and lands once" "$(values twice "SELECT count(*) = count(DISTINCT id) AND count(*) > 0 FROM landing")" true

"$PYTHON" - <<'P'
from lib import line, page
a, b = page(1, 6), page(1, 6)
a["data"], b["data"] = a["data"][:4], b["data"][2:]
open("a.jsonl", "wb").write(line(a))
open("b.jsonl", "wb").write(line(b))
P
import overlap a.jsonl b.jsonl
same "two files that share posts" "$code $(number posts) posts, $(number already) known" "0 6 posts, 2 known"
same "land each post once" "$(values overlap "SELECT count(*), count(DISTINCT id) FROM landing")" "6,6"
cat a.jsonl b.jsonl >both.jsonl
import overlap both.jsonl
same "a third that has nothing new is all known" "$code $(number posts) posts, $(number already) known" "0 0 posts, 8 known"

"$AVIARY" import --lake piped - <a.jsonl >.out 2>&1
same "standard input is a file like others" "$? $(values piped "SELECT count(*) FROM landing")" "0 4"
finish
