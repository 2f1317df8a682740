-- Hashtags, by posts
SELECT mode(tag) AS label, count(DISTINCT id) AS value
FROM (
  SELECT id, unnest(hashtags_list) AS tag, unnest(hashtags_folded) AS folded
  FROM recent_posts WHERE in_window
) tags
WHERE folded IS NOT NULL
GROUP BY folded ORDER BY value DESC, min(folded) LIMIT 10
