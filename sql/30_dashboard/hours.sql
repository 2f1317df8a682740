-- Hour by hour
SELECT
  {{hour_number}} AS hour_number,
  count(*) AS posts,
  count(DISTINCT author_id) AS people,
  CAST(least(coalesce(sum(impression_count), 0), 9007199254740991) AS BIGINT) AS impressions
FROM tweet_data_raw WHERE {{in_window}}
GROUP BY ALL ORDER BY hour_number
