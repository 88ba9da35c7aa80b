"""The commands, a module or package for each of virsh's help groups."""
