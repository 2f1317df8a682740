-- Posts of the window and of as many hours before it, read once for many charts; no wider than they need
SELECT
  CAST(tweet_id AS BIGINT) AS id, CASE WHEN author_id IS NOT NULL THEN hash(author_id) END AS author,
  tweet_date, hashtags_list, hashtags_folded, language, impression_count,
  {{hour_number}} AS hour_number, {{in_window}} AS in_window
FROM tweet_data_raw WHERE {{in_window}} OR {{before_window}}
