"""From one way to name a domain to another: domid, domname, domuuid."""

from __future__ import annotations

from virshpy.shell.nouns.domains import domain

domain.tells(
    "id",
    "uuid name",
    why="such as: 3; '-' while it is inactive",
    description="Print the id of a domain: the number of its present run, or - while it is\ninactive.",
    returns="id name",
)
domain.tells("name", "id uuid", "1", why="which domain has that id")
domain.tells("uuid", "id name", returns="uuid name")
