-- In all, in the window, and in the window before it
SELECT
  older.posts + recent.posts AS posts,
  recent.window_posts AS window_posts,
  recent.before_posts AS before_posts,
  recent.window_people AS window_people,
  recent.before_people AS before_people,
  least(coalesce(recent.window_impressions, 0), 9007199254740991)::BIGINT AS window_impressions,
  least(coalesce(recent.before_impressions, 0), 9007199254740991)::BIGINT AS before_impressions
FROM (
  SELECT count(*) AS posts FROM tweet_data_raw WHERE NOT ({{in_window}} OR {{before_window}})
) older
CROSS JOIN (
  SELECT
    count(*) AS posts,
    count(CASE WHEN in_window THEN 1 END) AS window_posts,
    count(CASE WHEN NOT in_window THEN 1 END) AS before_posts,
    count(DISTINCT CASE WHEN in_window THEN author END) AS window_people,
    count(DISTINCT CASE WHEN NOT in_window THEN author END) AS before_people,
    sum(CASE WHEN in_window THEN impression_count END) AS window_impressions,
    sum(CASE WHEN NOT in_window THEN impression_count END) AS before_impressions
  FROM recent_posts
) recent
