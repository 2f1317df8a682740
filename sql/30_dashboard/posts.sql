-- The newest posts
SET VARIABLE newest = (
  SELECT list(id) FROM (
    SELECT CAST(id AS VARCHAR) AS id FROM recent_posts WHERE in_window
    ORDER BY tweet_date DESC, recent_posts.id DESC LIMIT 60
  ) newest
);
SELECT
  posts.tweet_id AS id, epoch_us(posts.tweet_date) AS at_us, posts.tweet_text AS text,
  users.name AS name, users.username AS username, posts.language AS lang,
  len(posts.media_ids) AS media
FROM (
  SELECT tweet_id, author_id, tweet_date, tweet_text, language, media_ids
  FROM tweet_data_raw
  WHERE {{in_window}} AND list_contains(getvariable('newest'), tweet_id)
) posts
LEFT JOIN recent_users users ON users.user_id = posts.author_id
