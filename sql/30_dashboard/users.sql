-- People, by followers
SELECT coalesce(username, name, user_id) AS label, followers_count AS value, name AS note
FROM (
  SELECT user_id, username, name, followers_count,
    row_number() OVER (
      PARTITION BY user_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC
    ) AS newest
  FROM user_data_raw WHERE {{in_window}}
) seen
WHERE newest = 1 AND followers_count IS NOT NULL
ORDER BY value DESC, user_id LIMIT 10
