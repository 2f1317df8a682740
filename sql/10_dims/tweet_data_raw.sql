-- Dimension: one row a post, its newest observation in the hour.
SELECT
  observed.id AS tweet_id,
  nullif(author_id, '') AS author_id,
  nullif(text_clean, '') AS tweet_text,
  hashtags AS hashtags_list,
  public_metrics_retweet_count AS retweet_count,
  public_metrics_reply_count AS reply_count,
  public_metrics_like_count AS like_count,
  public_metrics_quote_count AS quote_count,
  public_metrics_impression_count AS impression_count,
  nullif(lang, '') AS language,
  created_at AS tweet_date,
  nullif(reply_settings, '') AS who_can_reply,
  attachments_media_keys AS media_ids,
  nullif(geo_place_id, '') AS tweet_location,
  edit_history_tweet_ids AS edit_history_ids,
  hashtags_folded,
  public_metrics_bookmark_count AS bookmark_count,
  nullif(conversation_id, '') AS conversation_id,
  nullif(in_reply_to_user_id, '') AS in_reply_to_user_id,
  nullif(source, '') AS source,
  possibly_sensitive,
  referenced_tweets,
  asked.rules AS rules,
  observations,
  fetched_at,
  stream_id,
  stream_offset,
  observed.year AS year, observed.month AS month, observed.day AS day, observed.hour AS hour
FROM (
  SELECT
    id, author_id, text_clean, hashtags, public_metrics_retweet_count, public_metrics_reply_count,
    public_metrics_like_count, public_metrics_quote_count, public_metrics_impression_count, lang,
    created_at, reply_settings, attachments_media_keys, geo_place_id, edit_history_tweet_ids,
    hashtags_folded, public_metrics_bookmark_count, conversation_id, in_reply_to_user_id, source,
    possibly_sensitive, referenced_tweets, fetched_at, stream_id, stream_offset,
    count(*) OVER (PARTITION BY year, month, day, hour, id) AS observations,
    row_number() OVER (
      PARTITION BY year, month, day, hour, id
      ORDER BY fetched_at DESC NULLS LAST, stream_id DESC, stream_offset DESC
    ) AS newest,
    year, month, day, hour
  FROM {{table twitter_landing_data}}
) observed
JOIN (
  SELECT id, {{each_once rule}} AS rules, year, month, day, hour
  FROM {{items_or_null_of rules AS position, rule FROM twitter_landing_data}}
  GROUP BY id, year, month, day, hour
) asked
ON asked.id = observed.id AND asked.year = observed.year AND asked.month = observed.month
  AND asked.day = observed.day AND asked.hour = observed.hour
WHERE newest = 1
