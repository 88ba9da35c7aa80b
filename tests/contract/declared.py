"""Every row of the contract, by the name of its method."""

from __future__ import annotations

from virshpy.driver.contract import Row, rows
from virshpy.driver.registry import Driver

ROWS: dict[str, Row] = rows(Driver)
