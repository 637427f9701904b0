"""What became of the lists: each one's forecasts, units and money beside what happened."""
