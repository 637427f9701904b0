"""Whether all is well with a home and the servers beside it: plain functions from facts to findings."""
