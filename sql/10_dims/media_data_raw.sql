-- Dimension: one row a medium, every one of a post, as last seen in the hour.
SELECT
  media_id,
  nullif(media_type, '') AS media_type,
  width,
  height,
  duration_ms,
  nullif(url, '') AS url,
  nullif(preview_image_url, '') AS preview_image_url,
  nullif(alt_text, '') AS alt_text,
  view_count,
  fetched_at,
  year, month, day, hour
FROM (
  SELECT
    media_id, media_type, width, height, duration_ms, url, preview_image_url, alt_text, view_count,
    fetched_at,
    row_number() OVER (
      PARTITION BY year, month, day, hour, media_id
      ORDER BY fetched_at DESC NULLS LAST, stream_id DESC, stream_offset DESC, position
    ) AS newest,
    year, month, day, hour
  FROM (
    SELECT
      medium.media_key AS media_id,
      medium.type AS media_type,
      medium.width AS width,
      medium.height AS height,
      medium.duration_ms AS duration_ms,
      medium.url AS url,
      medium.preview_image_url AS preview_image_url,
      medium.alt_text AS alt_text,
      medium.public_metrics.view_count AS view_count,
      position, fetched_at, stream_id, stream_offset, year, month, day, hour
    FROM {{items_of media_all AS position, medium FROM twitter_landing_data}}
    UNION ALL
    SELECT
      media_media_key, media_type, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT),
      CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS BIGINT),
      0, fetched_at, stream_id, stream_offset, year, month, day, hour
    FROM {{table twitter_landing_data}}
    WHERE media_all IS NULL
  ) attached
  WHERE media_id <> ''
) observed
WHERE newest = 1
