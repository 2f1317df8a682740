-- The newest posts
SELECT
  newest.tweet_id AS id, epoch_us(newest.tweet_date) AS at_us, posts.tweet_text AS text,
  users.name AS name, users.username AS username, newest.language AS lang,
  len(posts.media_ids) AS media
FROM (
  SELECT tweet_id, author_id, tweet_date, language, year, month, day, hour
  FROM recent_posts WHERE in_window
  ORDER BY tweet_date DESC, length(tweet_id) DESC, tweet_id DESC LIMIT 60
) newest
JOIN (
  SELECT tweet_id, tweet_text, media_ids, year, month, day, hour
  FROM tweet_data_raw WHERE {{in_window}}
) posts
ON posts.tweet_id = newest.tweet_id AND posts.year = newest.year AND posts.month = newest.month
  AND posts.day = newest.day AND posts.hour = newest.hour
LEFT JOIN recent_users users ON users.user_id = newest.author_id
