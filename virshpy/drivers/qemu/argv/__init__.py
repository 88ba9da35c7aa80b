"""A guest's command line: a pure function of its document, QEMU's capabilities and what was decided at start."""
