-- Dimension: one row a place, as last seen in the hour.
SELECT
  place_id,
  nullif(place_name, '') AS place_name,
  nullif(place_full_name, '') AS place_fullname,
  nullif(place_country, '') AS place_country,
  nullif(place_country_code, '') AS place_country_code,
  nullif(place_place_type, '') AS place_type,
  place_geo_bbox AS bbox,
  place_contained_within AS contained_within,
  fetched_at,
  year, month, day, hour
FROM (
  SELECT
    place_id, place_name, place_full_name, place_country, place_country_code, place_place_type,
    place_geo_bbox, place_contained_within, fetched_at,
    row_number() OVER (
      PARTITION BY year, month, day, hour, place_id
      ORDER BY fetched_at DESC NULLS LAST, stream_id DESC, stream_offset DESC
    ) AS newest,
    year, month, day, hour
  FROM {{table twitter_landing_data}}
  WHERE place_id <> ''
) observed
WHERE newest = 1
