-- People, by popularity
SELECT levels.label AS label, count(seen.user_id) AS value
FROM (
  VALUES (1, 'High', 'High'), (2, 'Middle', 'Middle'), (3, 'Low', 'Low'), (4, '', 'Unknown')
) levels (place, user_popularity, label)
LEFT JOIN (
  SELECT user_id, coalesce(user_popularity, '') AS user_popularity,
    row_number() OVER (
      PARTITION BY user_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC
    ) AS newest
  FROM user_data_raw WHERE {{in_window}}
) seen
ON seen.newest = 1 AND seen.user_popularity = levels.user_popularity
GROUP BY levels.place, levels.label
HAVING count(seen.user_id) > 0 OR levels.place < 4
ORDER BY levels.place
