"""What libvirt adds to a document when it is defined, and what it refuses then. A start needs few of these modules."""
