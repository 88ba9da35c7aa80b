"""<clock>: what time the guest is told, and the timers that it has."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ULONG, YESNO, ZONE, Blank, Enum, Lenient, strtol


class Catchup(Element, tag="catchup", drop_empty=True):
    threshold: int | None = attr(ULONG)
    slew: int | None = attr(ULONG)
    limit: int | None = attr(ULONG)


class Timer(Element, tag="timer"):
    name: str | None = attr(Enum("platform pit rtc hpet tsc kvmclock hypervclock armvtimer"), required=True)
    present: bool | None = attr(YESNO)
    tickpolicy: str | None = attr(Enum("delay catchup merge discard"))
    track: str | None = attr(Enum("boot guest wall realtime"))
    frequency: int | None = attr(ULONG)
    mode: str | None = attr(Enum("auto native emulate paravirt smpsafe"))
    catchup: Catchup | None = one(Catchup)


class Clock(Element, tag="clock"):
    """``adjustment`` is a number of seconds, or ``reset``."""

    _needed = ("offset",)

    offset: str | None = attr(Blank(Enum("utc localtime variable timezone absolute", "unknown clock offset '%s'")))
    timezone: str | None = attr(ZONE)
    adjustment: str | None = attr()
    basis: str | None = attr(Blank(Enum("utc localtime", "unknown clock basis '%s'")))
    start: int | None = attr(Lenient(ULONG))
    timers: list[Timer] = many(Timer)

    def _check(self, node: Node) -> None:
        self.offset = self.offset or "utc"
        if self.offset == "timezone" and self.timezone is None:
            detail = "missing 'timezone' attribute for clock with offset='timezone'"
            raise Refusal(errors.InternalError, detail, node)
        if self.offset == "absolute" and self.start is None:
            raise Refusal(errors.InternalError, "missing 'start' attribute for clock with offset='absolute'", node)
        self._settle(node)

    def _settle(self, node: Node) -> None:
        """An adjustment in seconds is a clock of its own: ``variable``."""
        seconds = None if self.adjustment is None else strtol(self.adjustment)
        if self.offset in ("utc", "localtime") and self.adjustment not in (None, "reset"):
            if seconds is None:
                raise Refusal(
                    errors.XMLError,
                    f"unknown clock adjustment '{self.adjustment}'",
                    node,
                    "expected a number of seconds, or reset",
                )
            self.basis, self.offset = self.offset, "variable"
        if self.offset == "variable":
            if seconds is None or abs(seconds) >= 2**63:
                seconds = 0
            self.adjustment, self.basis = str(seconds), self.basis or "utc"
        elif self.offset in ("timezone", "absolute"):
            self.adjustment = None
