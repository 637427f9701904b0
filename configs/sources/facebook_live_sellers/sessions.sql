-- One session per live video of nine Thai sellers' pages.
-- Source: UCI Facebook Live Sellers in Thailand (Dehouche 2020, UCI 488), CC BY 4.0.
-- Choices:
-- * A video is known when it is published: that instant is announced, scheduled and started; its end is not in the data.
-- * status_published carries no zone. It is taken as UTC-5, not as Thai time: the columns are those of a well-known page
--   scraper that takes five hours off Facebook's UTC, and only so do the sellers sleep at night (12 of 2,333 videos
--   begin from 14:00 to 19:59 as written, which is then 02:00 to 07:59 in Bangkok).
-- * Posts are in the file more than once; a post is one session.
-- * Comments, shares and reactions are totals at the end of the post's life, with no instants. As event_counts of one
--   minute they would claim what nobody knew then, so they stay out.
SELECT DISTINCT
    status_id                                                       AS session_id,
    split_part(status_id, '_', 1)                                   AS room_id,
    'facebook'                                                      AS platform,
    published_at                                                    AS announced_at,
    published_at                                                    AS scheduled_at,
    published_at                                                    AS started_at
FROM (
    SELECT *, (strptime(status_published, '%m/%d/%Y %H:%M') + INTERVAL 5 HOURS) AT TIME ZONE 'UTC' AS published_at
    FROM read_csv(raw('Live.csv'), header = true, all_varchar = true)
)
WHERE status_type = 'video'
