"""What is true of a feed while sessions run: what came late, what clocks are wrong, and which rooms are alive."""
