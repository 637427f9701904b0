"""What is known: raw tables, buckets, the feature catalog, labels."""
