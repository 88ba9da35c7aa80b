"""Domain Management."""
