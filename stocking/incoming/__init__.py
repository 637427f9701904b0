"""Workbooks that people send back: weighed, read, and only then believed."""
