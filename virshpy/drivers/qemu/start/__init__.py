"""What a start does on the host, and says where it fails."""
