-- When the newest post was written that is not of the future
SELECT epoch_us(max(tweet_date)) AS newest_us FROM tweet_data_raw WHERE tweet_date < {{now}}
