"""The command line: declarations of commands, virsh's grammar, one renderer, the prompt."""
