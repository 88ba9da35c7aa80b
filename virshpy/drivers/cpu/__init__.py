"""Processors of guests: named models, what they have, which of them comes closest to what is there, how two compare.

Pure: what QEMU and the host say comes in as arguments (``capabilities/`` asks them), and nothing is asked here.
"""
