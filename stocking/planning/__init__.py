"""All listings of the horizon decided at once: products over their sessions, under what they share."""
