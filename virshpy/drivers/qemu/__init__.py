"""The QEMU driver.

A look at the records (``list``, ``domstate``) needs a tenth of this package: what reads documents, plans starts and
talks to QEMU is imported by the functions that use it.
"""
