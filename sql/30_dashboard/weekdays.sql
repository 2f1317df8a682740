-- Weekdays, by posts of the last seven days
SELECT days.label AS label, coalesce(sum(posts.posts), 0)::BIGINT AS value
FROM (
  VALUES (1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'),
    (6, 'Saturday'), (0, 'Sunday')
) days (weekday, label)
LEFT JOIN (
  SELECT {{weekday tweet_date}} AS weekday, count(*) AS posts
  FROM recent_posts
  GROUP BY weekday
  UNION ALL
  SELECT {{weekday tweet_date}} AS weekday, count(*) AS posts
  FROM tweet_data_raw WHERE {{in_week}} AND NOT ({{in_window}} OR {{before_window}})
  GROUP BY weekday
) posts
ON posts.weekday = days.weekday
GROUP BY days.weekday, days.label ORDER BY (days.weekday + 6) % 7
