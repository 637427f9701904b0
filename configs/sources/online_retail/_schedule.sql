-- The shop's plan: open every day but Saturday, 06:00 to 21:00 in London, up to a week after the data end.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices: a day is announced when the day a week earlier begins, so that at any instant the whole next week is planned.
-- The plan knows nothing of Christmas or bank holidays: such a session is announced and never starts, as in life.
SELECT
    day,
    'shop-' || day                                                  AS session_id,
    (day - 7)::TIMESTAMP AT TIME ZONE 'Europe/London'               AS announced_at,
    (day + TIME '06:00') AT TIME ZONE 'Europe/London'               AS opens_at,
    (day + TIME '21:00') AT TIME ZONE 'Europe/London'               AS closes_at
FROM (
    SELECT unnest(generate_series(min(day), max(day) + 7, INTERVAL 1 DAY))::DATE AS day
    FROM lines
)
WHERE isodow(day) <> 6
