-- View: every observation of every post.
SELECT * FROM twitter_landing_data
