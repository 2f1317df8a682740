-- When the newest post was written that is not of the future.
SELECT epoch_us(max(CASE WHEN tweet_date < {{now}} THEN tweet_date END)) AS newest_us
FROM tweet_data_raw
