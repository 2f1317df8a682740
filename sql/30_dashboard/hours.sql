-- Hour by hour
SELECT
  hour_number,
  count(*) AS posts,
  count(DISTINCT author) AS people,
  least(coalesce(sum(impression_count), 0), 9007199254740991)::BIGINT AS impressions
FROM recent_posts WHERE in_window
GROUP BY ALL ORDER BY hour_number
