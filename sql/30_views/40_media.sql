-- View: each medium once, the newest row over all hours.
SELECT
  media_id, media_type, width, height, duration_ms, url, preview_image_url, alt_text, view_count,
  fetched_at,
  year, month, day, hour
FROM (
  SELECT
    media_id, media_type, width, height, duration_ms, url, preview_image_url, alt_text, view_count,
    fetched_at,
    year, month, day, hour,
    row_number() OVER (
      PARTITION BY media_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC
    ) AS newest
  FROM {{table media_data_raw}}
) seen
WHERE newest = 1
