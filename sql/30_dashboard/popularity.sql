-- People, by popularity
SELECT levels.label AS label, count(users.user_id) AS value
FROM (
  VALUES (1, 'High', 'High'), (2, 'Middle', 'Middle'), (3, 'Low', 'Low'), (4, '', 'Unknown')
) levels (place, user_popularity, label)
LEFT JOIN recent_users users
ON coalesce(users.user_popularity, '') = levels.user_popularity
GROUP BY levels.place, levels.label
HAVING count(users.user_id) > 0 OR levels.place < 4
ORDER BY levels.place
