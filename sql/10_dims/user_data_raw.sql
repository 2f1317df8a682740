-- Dimension: one row a user who wrote a post, as last seen in the hour.
SELECT
  user_id,
  nullif(user_username, '') AS username,
  nullif(user_name, '') AS name,
  nullif(user_description_clean, '') AS profile_description,
  nullif(user_location, '') AS location,
  nullif(user_profile_image_url, '') AS profile_image,
  nullif(user_pinned_tweet_id, '') AS pinned_tweet_id,
  user_created_at AS profile_creation_date,
  user_protected AS protected,
  user_verified AS verified,
  user_public_metrics_followers_count AS followers_count,
  user_public_metrics_following_count AS following_count,
  user_public_metrics_tweet_count AS tweet_count,
  user_public_metrics_listed_count AS listed_count,
  CASE
    WHEN user_public_metrics_followers_count > 5000 THEN 'High'
    WHEN user_public_metrics_followers_count >= 1000 THEN 'Middle'
    WHEN user_public_metrics_followers_count IS NOT NULL THEN 'Low'
  END AS user_popularity,
  nullif(user_verified_type, '') AS verified_type,
  nullif(user_url, '') AS url,
  fetched_at,
  year, month, day, hour
FROM (
  SELECT
    user_id, user_username, user_name, user_description_clean, user_location,
    user_profile_image_url, user_pinned_tweet_id, user_created_at, user_protected, user_verified,
    user_public_metrics_followers_count, user_public_metrics_following_count,
    user_public_metrics_tweet_count, user_public_metrics_listed_count, user_verified_type, user_url,
    fetched_at,
    row_number() OVER (
      PARTITION BY year, month, day, hour, user_id
      ORDER BY fetched_at DESC NULLS LAST, stream_id DESC, stream_offset DESC
    ) AS newest,
    year, month, day, hour
  FROM {{table twitter_landing_data}}
  WHERE user_id <> ''
) observed
WHERE newest = 1
