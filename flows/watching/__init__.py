"""Following a feed durably: what is new is taken once, kept before it is used, and read again after a kill."""
