"""Documents: what a user writes and what dumpxml prints. No policy, and no default that depends on a host."""
