"""The catalog, group by group."""
