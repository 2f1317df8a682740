-- View: totals over all time, each post, user, medium and place once.
SELECT
  posts.count_weekend_tweets AS count_weekend_tweets,
  posts.count_week_tweets AS count_week_tweets,
  users.verified_user_count AS verified_user_count,
  users.protected_user_count AS protected_user_count,
  users.high_popularity_user_count AS high_popularity_user_count,
  users.middle_popularity_user_count AS middle_popularity_user_count,
  users.low_popularity_user_count AS low_popularity_user_count,
  media.photo_media_count AS photo_media_count,
  media.video_media_count AS video_media_count,
  places.city_count AS city_count,
  posts.limited_reply_tweet_count AS limited_reply_tweet_count
FROM (
  SELECT
    count(CASE WHEN {{is_weekend tweet_date}} THEN 1 END) AS count_weekend_tweets,
    count(CASE WHEN NOT {{is_weekend tweet_date}} THEN 1 END) AS count_week_tweets,
    count(CASE WHEN who_can_reply <> 'everyone' THEN 1 END) AS limited_reply_tweet_count
  FROM {{table posts}}
) posts
CROSS JOIN (
  SELECT
    count(CASE WHEN verified THEN 1 END) AS verified_user_count,
    count(CASE WHEN protected THEN 1 END) AS protected_user_count,
    count(CASE WHEN user_popularity = 'High' THEN 1 END) AS high_popularity_user_count,
    count(CASE WHEN user_popularity = 'Middle' THEN 1 END) AS middle_popularity_user_count,
    count(CASE WHEN user_popularity = 'Low' THEN 1 END) AS low_popularity_user_count
  FROM {{table users}}
) users
CROSS JOIN (
  SELECT
    count(CASE WHEN media_type = 'photo' THEN 1 END) AS photo_media_count,
    count(CASE WHEN media_type = 'video' THEN 1 END) AS video_media_count
  FROM {{table media}}
) media
CROSS JOIN (
  SELECT count(CASE WHEN place_type = 'city' THEN 1 END) AS city_count FROM {{table places}}
) places
