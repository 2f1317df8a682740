-- People, by followers
SELECT coalesce(username, name, user_id) AS label, followers_count AS value, name AS note
FROM recent_users WHERE followers_count IS NOT NULL
ORDER BY value DESC, user_id LIMIT 10
