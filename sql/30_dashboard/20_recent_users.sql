-- Users of the window, as they were last seen in it
SELECT user_id, username, name, followers_count, user_popularity
FROM (
  SELECT user_id, username, name, followers_count, user_popularity,
    row_number() OVER (
      PARTITION BY user_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC
    ) AS newest
  FROM user_data_raw WHERE {{in_window}}
) seen
WHERE newest = 1
