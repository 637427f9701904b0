"""What listings will have sold in the end, told while their sessions run."""
