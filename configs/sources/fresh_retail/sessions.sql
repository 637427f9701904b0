-- One session per store and day, 06:00 to 22:00 in Shanghai.
-- Source: FreshRetailNet-50K (arXiv 2505.16319), CC-BY-4.0; a sample of 60 stores.
-- Choices: the schedule is known a week before the day begins; every store opened every day, as the data have no closed day.
SELECT
    store_id || '-' || dt                                   AS session_id,
    'store-' || store_id                                    AS room_id,
    midnight - INTERVAL 7 DAYS                              AS announced_at,
    midnight + INTERVAL 6 HOURS                             AS scheduled_at,
    960                                                     AS planned_minutes,
    midnight + INTERVAL 6 HOURS                             AS started_at,
    midnight + INTERVAL 22 HOURS                            AS ended_at
FROM (
    SELECT DISTINCT store_id, dt, dt::TIMESTAMP AT TIME ZONE 'Asia/Shanghai' AS midnight
    FROM read_parquet(raw('daily.parquet'))
)
