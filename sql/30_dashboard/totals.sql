-- In all, in the window, and in the window before it
SELECT
  every_post.posts AS posts,
  window_posts.posts AS window_posts,
  before_posts.posts AS before_posts,
  window_posts.people AS window_people,
  before_posts.people AS before_people,
  window_posts.impressions AS window_impressions,
  before_posts.impressions AS before_impressions
FROM (SELECT count(*) AS posts FROM tweet_data_raw) every_post
CROSS JOIN (
  SELECT count(*) AS posts, count(DISTINCT author_id) AS people,
    CAST(least(coalesce(sum(impression_count), 0), 9007199254740991) AS BIGINT) AS impressions
  FROM tweet_data_raw WHERE {{in_window}}
) window_posts
CROSS JOIN (
  SELECT count(*) AS posts, count(DISTINCT author_id) AS people,
    CAST(least(coalesce(sum(impression_count), 0), 9007199254740991) AS BIGINT) AS impressions
  FROM tweet_data_raw WHERE {{before_window}}
) before_posts
