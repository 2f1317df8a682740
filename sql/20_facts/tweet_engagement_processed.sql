-- Fact: how each post of the hour was received.
SELECT
  tweet_id,
  like_count,
  retweet_count,
  reply_count,
  quote_count,
  impression_count,
  {{length_of hashtags_list}} AS hashtags_count,
  {{length_of media_ids}} AS media_count,
  year, month, day, hour
FROM {{table tweet_data_raw}}
