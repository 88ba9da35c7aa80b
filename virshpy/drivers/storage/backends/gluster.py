"""gluster: such a pool can be described, but not started: virshpy has no way yet to what a Gluster volume holds."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.storage.backend import Backend, Traits, unsupported
from virshpy.enums import StorageVolType
from virshpy.xml.storage import PoolSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site
    from virshpy.xml.storage import PoolSources


class Gluster(Backend):
    traits = Traits("gluster", StorageVolType.NETWORK, tools=(("gluster", "glusterfs-cli"),))

    @classmethod
    def require_tools(cls) -> None:
        super().require_tools()
        error = unsupported("storage pools of type 'gluster' cannot be started")
        error.hint = "mount it as a netfs pool: <pool type='netfs'> with <format type='glusterfs'/>"
        raise error

    @classmethod
    def sources(cls, site: Site, spec: str | None) -> PoolSources:
        if spec is None:
            raise errors.InvalidArg(
                "hostname must be specified for gluster sources", hint="name the server: --host NAME"
            )
        if len(PoolSource.parse(spec, source="(storage_source_specification)").hosts) != 1:
            raise errors.ConfigUnsupported("Expected exactly 1 host for the storage pool", hint="name one server")
        try:
            super().require_tools()
        except errors.SystemCallError as error:
            raise errors.InternalError("'gluster' command line tool not found", hint=error.hint) from None
        return super().sources(site, spec)
