"""Moving a domain between two connections, whatever drivers are behind them: the order of a migration's phases.

At most one of the two guests runs at any time: the source's is let go of only when the destination has said that its
own does, and goes on where anything before that fails.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.api.domain import Domain
from virshpy.enums import DomainState, MigrateFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.connection import Connection
    from virshpy.driver.domain import DomainRef
    from virshpy.enums.parameters import Parameters

_CALL = "virDomainMigrate3"
# What only the source has to know.
_OF_SOURCE = MigrateFlags.ABORT_ON_ERROR | MigrateFlags.AUTO_CONVERGE


def migrate(domain: Domain, destination: Connection, params: Parameters, flags: int) -> Domain:
    """Move a domain, and answer with the one on the destination. Raises Error of either end."""
    source = domain.driver
    if source.readonly or destination.readonly:
        raise errors.OperationDenied(f"read only access prevents {_CALL}", domain=errors.ErrorDomain.DOM)
    try:
        cookie, xml = source.domain_migrate_begin3_params(domain.ref, params, flags=flags)
    except errors.NoSupport as error:
        raise errors.NoSupport(_CALL, domain=error.domain) from error
    there = flags & ~_OF_SOURCE
    made: DomainRef | None = None
    try:
        if domain.state().state == DomainState.PAUSED:
            there |= MigrateFlags.PAUSED
        given: Parameters = {**params, "destination_xml": xml}
        cookie, uri = destination.driver.domain_migrate_prepare3_params(given, cookie, flags=there)
        if uri is not None:
            params = {**params, "migrate_uri": uri}
        try:
            if "migrate_uri" not in params:
                raise errors.InternalError("domainMigratePrepare3 did not set uri")
            cookie = source.domain_migrate_perform3_params(domain.ref, None, params, cookie, flags=flags)
        except BaseException:
            _forget(destination, given, there)
            raise
        made, cookie = destination.driver.domain_migrate_finish3_params(given, cookie, False, flags=there)
    finally:
        _confirm(domain, params, cookie, made is None, flags)
    return Domain(destination, made)


def _forget(destination: Connection, params: Parameters, flags: int) -> None:
    """Have the destination wait no longer. Why it has to is what the user is told."""
    try:
        destination.driver.domain_migrate_finish3_params(params, b"", True, flags=flags)
    except errors.Error:
        return


def _confirm(domain: Domain, params: Parameters, cookie: bytes, cancelled: bool, flags: int) -> None:
    """Have the source forget the guest, or go on. Whichever it is has happened by then, on the other end."""
    try:
        domain.driver.domain_migrate_confirm3_params(domain.ref, params, cookie, cancelled, flags=flags)
    except errors.Error:
        return
