"""Sessions under way: what was planned for them, and what is told of them minute by minute."""
