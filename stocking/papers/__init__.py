"""Who gets which part of a plan, and the files that carry it: workbooks, pages, tables."""
