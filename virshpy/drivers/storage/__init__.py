"""Storage pools and volumes of this host."""
