-- Weekdays, by posts of the last seven days
SELECT days.label AS label, count(posts.weekday) AS value
FROM (
  VALUES (1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'),
    (6, 'Saturday'), (0, 'Sunday')
) days (weekday, label)
LEFT JOIN (
  SELECT {{weekday tweet_date}} AS weekday FROM tweet_data_raw WHERE {{in_week}}
) posts
ON posts.weekday = days.weekday
GROUP BY days.weekday, days.label ORDER BY (days.weekday + 6) % 7
