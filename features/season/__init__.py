"""A simulated season of live selling: every number of it is made up, and says so."""
