-- Media, by type
SELECT coalesce(media_type, 'other') AS label, count(DISTINCT media_id) AS value
FROM media_data_raw WHERE {{in_window}}
GROUP BY ALL ORDER BY value DESC, label LIMIT 10
