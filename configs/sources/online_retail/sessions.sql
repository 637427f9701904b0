-- One session per day that the shop plans to open.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices: a day with any line was open from 06:00 to 21:00. The last day of the data stops at noon: it started, but the
-- data do not show it end.
SELECT
    session_id,
    'shop'                                                          AS room_id,
    announced_at,
    opens_at                                                        AS scheduled_at,
    900                                                             AS planned_minutes,
    CASE WHEN day IN (SELECT day FROM lines) THEN opens_at END      AS started_at,
    CASE WHEN day IN (SELECT day FROM lines) AND day < (SELECT max(day) FROM lines) THEN closes_at END AS ended_at
FROM schedule
