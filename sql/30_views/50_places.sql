-- View: each place once, the newest row over all hours.
SELECT
  place_id, place_name, place_fullname, place_country, place_country_code, place_type, bbox,
  contained_within, fetched_at,
  year, month, day, hour
FROM (
  SELECT
    place_id, place_name, place_fullname, place_country, place_country_code, place_type, bbox,
    contained_within, fetched_at,
    year, month, day, hour,
    row_number() OVER (
      PARTITION BY place_id
      ORDER BY fetched_at DESC NULLS LAST, year DESC, month DESC, day DESC, hour DESC
    ) AS newest
  FROM {{table place_data_raw}}
) seen
WHERE newest = 1
