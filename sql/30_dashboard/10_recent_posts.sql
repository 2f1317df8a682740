-- Posts of the window and of as many hours before it, read once for many charts
SELECT
  tweet_id, author_id, tweet_date, hashtags_list, hashtags_folded, language, impression_count,
  {{in_window}} AS in_window, year, month, day, hour
FROM tweet_data_raw WHERE {{in_window}} OR {{before_window}}
