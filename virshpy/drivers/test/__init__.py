"""A hypervisor that exists in memory only: what tests, examples and the first steps at the prompt talk to."""
