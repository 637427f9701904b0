"""Whether the world, or the feed that tells of it, is still the one that a predictor learnt from."""
