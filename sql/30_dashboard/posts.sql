-- The newest posts
SELECT
  posts.tweet_id AS id, epoch_us(posts.tweet_date) AS at_us, posts.tweet_text AS text,
  users.name AS name, users.username AS username, posts.language AS lang,
  len(posts.media_ids) AS media
FROM (
  SELECT tweet_id, author_id, tweet_date, tweet_text, language, media_ids, year, month, day, hour
  FROM tweet_data_raw WHERE {{in_window}}
  ORDER BY tweet_date DESC, length(tweet_id) DESC, tweet_id DESC LIMIT 60
) posts
LEFT JOIN user_data_raw users
ON users.user_id = posts.author_id AND users.year = posts.year AND users.month = posts.month
  AND users.day = posts.day AND users.hour = posts.hour
