"""The host itself: its processors, memory and identity."""
