-- Fact: the hour's totals, one row.
SELECT
  posts.count_weekend_tweets AS count_weekend_tweets,
  posts.count_week_tweets AS count_week_tweets,
  coalesce(users.verified_user_count, 0) AS verified_user_count,
  coalesce(users.protected_user_count, 0) AS protected_user_count,
  coalesce(users.high_popularity_user_count, 0) AS high_popularity_user_count,
  coalesce(users.middle_popularity_user_count, 0) AS middle_popularity_user_count,
  coalesce(users.low_popularity_user_count, 0) AS low_popularity_user_count,
  coalesce(media.photo_media_count, 0) AS photo_media_count,
  coalesce(media.video_media_count, 0) AS video_media_count,
  coalesce(places.city_count, 0) AS city_count,
  posts.limited_reply_tweet_count AS limited_reply_tweet_count,
  posts.year AS year, posts.month AS month, posts.day AS day, posts.hour AS hour
FROM (
  SELECT
    count(CASE WHEN {{is_weekend tweet_date}} THEN 1 END) AS count_weekend_tweets,
    count(CASE WHEN NOT {{is_weekend tweet_date}} THEN 1 END) AS count_week_tweets,
    count(CASE WHEN who_can_reply <> 'everyone' THEN 1 END) AS limited_reply_tweet_count,
    year, month, day, hour
  FROM {{table tweet_data_raw}}
  GROUP BY year, month, day, hour
) posts
LEFT JOIN (
  SELECT
    count(CASE WHEN verified THEN 1 END) AS verified_user_count,
    count(CASE WHEN protected THEN 1 END) AS protected_user_count,
    count(CASE WHEN user_popularity = 'High' THEN 1 END) AS high_popularity_user_count,
    count(CASE WHEN user_popularity = 'Middle' THEN 1 END) AS middle_popularity_user_count,
    count(CASE WHEN user_popularity = 'Low' THEN 1 END) AS low_popularity_user_count,
    year, month, day, hour
  FROM {{table user_data_raw}}
  GROUP BY year, month, day, hour
) users
ON users.year = posts.year AND users.month = posts.month AND users.day = posts.day
  AND users.hour = posts.hour
LEFT JOIN (
  SELECT
    count(CASE WHEN media_type = 'photo' THEN 1 END) AS photo_media_count,
    count(CASE WHEN media_type = 'video' THEN 1 END) AS video_media_count,
    year, month, day, hour
  FROM {{table media_data_raw}}
  GROUP BY year, month, day, hour
) media
ON media.year = posts.year AND media.month = posts.month AND media.day = posts.day
  AND media.hour = posts.hour
LEFT JOIN (
  SELECT
    count(CASE WHEN place_type = 'city' THEN 1 END) AS city_count,
    year, month, day, hour
  FROM {{table place_data_raw}}
  GROUP BY year, month, day, hour
) places
ON places.year = posts.year AND places.month = posts.month AND places.day = posts.day
  AND places.hour = posts.hour
