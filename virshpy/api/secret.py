"""Secrets: passwords and keys that documents name by UUID."""

from __future__ import annotations

from virshpy.api.calls import calls
from virshpy.api.handle import Handle
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.secret import SecretRef


class Secret(Handle):
    """A secret (virSecretPtr)."""

    ref: SecretRef

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    @property
    def usage_type(self) -> int:
        """A SecretUsageType."""
        return self.ref.usage_type

    @property
    def usage_id(self) -> str:
        return self.ref.usage_id

    undefine = calls(Driver.secret_undefine)
    xml_desc = calls(Driver.secret_get_xml_desc)
    value = calls(Driver.secret_get_value)
    set_value = calls(Driver.secret_set_value)
