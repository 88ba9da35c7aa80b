"""What a QEMU binary and this host can do, asked once and remembered."""
