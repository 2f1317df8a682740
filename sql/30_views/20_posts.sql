-- View: each post once, its newest row over all hours.
SELECT
  tweet_id, author_id, tweet_text, hashtags_list, retweet_count, reply_count, like_count,
  quote_count, impression_count, language, tweet_date, who_can_reply, media_ids, tweet_location,
  edit_history_ids, hashtags_folded, bookmark_count, conversation_id, in_reply_to_user_id, source,
  possibly_sensitive, referenced_tweets, rules, observations, fetched_at, stream_id, stream_offset,
  year, month, day, hour
FROM (
  SELECT
    tweet_id, author_id, tweet_text, hashtags_list, retweet_count, reply_count, like_count,
    quote_count, impression_count, language, tweet_date, who_can_reply, media_ids, tweet_location,
    edit_history_ids, hashtags_folded, bookmark_count, conversation_id, in_reply_to_user_id, source,
    possibly_sensitive, referenced_tweets, rules, observations, fetched_at, stream_id, stream_offset,
    year, month, day, hour,
    row_number() OVER (
      PARTITION BY tweet_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC,
        stream_id DESC, stream_offset DESC
    ) AS newest
  FROM {{table tweet_data_raw}}
) seen
WHERE newest = 1
