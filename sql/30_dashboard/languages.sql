-- Languages, by posts
SELECT language AS label, count(*) AS value
FROM recent_posts WHERE in_window AND language IS NOT NULL
GROUP BY ALL ORDER BY value DESC, label LIMIT 7
