"""The smallest guest that can be switched off: a sector that waits for the power button.

A Linux takes a minute to boot where QEMU itself is emulated, as within a lab. This takes as long as the firmware does,
and costs next to nothing while it waits. It is for pc and q35, where the firmware puts the power management's ports at
0x600.
"""

from __future__ import annotations

READY = "VIRSHPY-SECTOR-READY"

_CODE = bytes.fromhex(
    "31c0"      # 00      xor ax, ax
    "8ed8"      # 02      mov ds, ax
    "fc"        # 04      cld
    "ba0206"    # 05      mov dx, 0x602     PM1 enable
    "b80001"    # 08      mov ax, 0x100     the power button
    "ef"        # 0b      out dx, ax
    "be357c"    # 0c      mov si, 0x7c35    the ready line, as loaded at 0x7c00
    "baf803"    # 0f      mov dx, 0x3f8     first serial port
    "ac"        # 12 say: lodsb
    "84c0"      # 13      test al, al
    "7403"      # 15      jz idle
    "ee"        # 17      out dx, al
    "ebf8"      # 18      jmp say
    "fb"        # 1a idle: sti
    "f4"        # 1b      hlt               until the next tick of the clock
    "ba0006"    # 1c      mov dx, 0x600     PM1 status
    "ed"        # 1f      in ax, dx
    "f6c401"    # 20      test ah, 1        the power button
    "74f5"      # 23      jz idle
    "ba0406"    # 25      mov dx, 0x604     PM1 control
    "b80020"    # 28      mov ax, 0x2000    off
    "ef"        # 2b      out dx, ax
    "ebfe"      # 2c      jmp here
)  # fmt: skip
_TEXT = 0x35  # offset of the ready line


def disk() -> bytes:
    """The content of a disk that boots. It is longer than its sector, since the firmware wants a whole cylinder."""
    code = _CODE.ljust(_TEXT, b"\0") + f"{READY}\r\n".encode()
    return (code.ljust(510, b"\0") + b"\x55\xaa").ljust(1 << 20, b"\0")
