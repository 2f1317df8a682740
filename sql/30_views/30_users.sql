-- View: each user who wrote a post once, the newest row over all hours.
SELECT
  user_id, username, name, profile_description, location, profile_image, pinned_tweet_id,
  profile_creation_date, protected, verified, followers_count, following_count, tweet_count,
  listed_count, user_popularity, verified_type, url, fetched_at,
  year, month, day, hour
FROM (
  SELECT
    user_id, username, name, profile_description, location, profile_image, pinned_tweet_id,
    profile_creation_date, protected, verified, followers_count, following_count, tweet_count,
    listed_count, user_popularity, verified_type, url, fetched_at,
    year, month, day, hour,
    row_number() OVER (
      PARTITION BY user_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC
    ) AS newest
  FROM {{table user_data_raw}}
) seen
WHERE newest = 1
