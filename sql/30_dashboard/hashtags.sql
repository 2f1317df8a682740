-- Hashtags, by posts
SELECT mode(tag) AS label, count(DISTINCT tweet_id) AS value
FROM (
  SELECT tweet_id, unnest(hashtags_list) AS tag, unnest(hashtags_folded) AS folded
  FROM recent_posts WHERE in_window
) tags
WHERE folded IS NOT NULL
GROUP BY folded ORDER BY value DESC, min(folded) LIMIT 10
