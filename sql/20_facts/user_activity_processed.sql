-- Fact: each author's public counts, and what the hour brought from them.
SELECT
  users.user_id AS user_id,
  users.tweet_count AS tweet_count,
  users.followers_count AS followers_count,
  users.following_count AS following_count,
  coalesce(posts.tweets_collected, 0) AS tweets_collected,
  coalesce(posts.hashtags_count, 0) AS hashtags_count,
  coalesce(posts.media_count, 0) AS media_count,
  coalesce(posts.reach, 0) AS reach,
  users.year AS year, users.month AS month, users.day AS day, users.hour AS hour
FROM {{table user_data_raw}} users
LEFT JOIN (
  SELECT
    author_id,
    count(*) AS tweets_collected,
    CAST(sum({{length_of hashtags_list}}) AS BIGINT) AS hashtags_count,
    CAST(sum({{length_of media_ids}}) AS BIGINT) AS media_count,
    CAST(
      greatest(
        least(coalesce(sum(CAST(impression_count AS DECIMAL(38, 0))), 0), 9223372036854775807),
        -9223372036854775807
      ) AS BIGINT
    ) AS reach,
    year, month, day, hour
  FROM {{table tweet_data_raw}}
  GROUP BY author_id, year, month, day, hour
) posts
ON posts.author_id = users.user_id AND posts.year = users.year AND posts.month = users.month
  AND posts.day = users.day AND posts.hour = users.hour
