-- Minute by minute
SELECT CAST(epoch_us(tweet_date) // 60000000 AS BIGINT) AS minute_number, count(*) AS posts
FROM recent_posts WHERE in_window
GROUP BY ALL ORDER BY minute_number
