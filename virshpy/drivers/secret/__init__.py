"""Secrets of a connection: what there is in its store, and the rows of the contract about it."""
