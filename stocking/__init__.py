"""What is decided: policy, units, the stocking list, its views and exports."""
