-- Fact: each post of the hour and its author.
SELECT
  tweet_id,
  author_id AS user_id,
  {{length_of hashtags_list}} AS num_hashtags,
  {{length_of media_ids}} AS num_media,
  year, month, day, hour
FROM {{table tweet_data_raw}}
