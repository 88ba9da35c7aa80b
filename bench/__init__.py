"""Figures of virshpy beside what it stands on: `make bench`."""
