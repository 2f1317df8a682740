-- View: every observation of every post.
SELECT * FROM {{table twitter_landing_data}}
