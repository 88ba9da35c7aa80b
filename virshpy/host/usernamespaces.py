"""Whether ordinary users may have user namespaces on this host, and what forbids it where they may not."""

from __future__ import annotations

from virshpy import errors

SETTINGS = "/proc/sys"
_NOT_HERE = "User namespaces are forbidden to you here"


def forbidden(words: str, settings: str = SETTINGS) -> errors.Error:
    """The error for a namespace that could not be made, of which ``words`` are what unshare(1) has said: it names the
    setting or the profile that forbids it. ``settings`` is where the kernel's are."""
    said = words.strip().splitlines()[-1] if words.strip() else "unshare has said nothing"
    denied = "not permitted" in said or "Permission denied" in said
    for name, values, hint in _FORBIDDING:
        if _value(settings, name) in values and (denied or values == _OFF):
            return errors.OperationDenied(f"{_NOT_HERE} by {name.replace('/', '.')}: {said}", hint=hint)
    if denied:
        return errors.OperationDenied(
            f"{_NOT_HERE}: {said}",
            hint="no setting of the kernel forbids them: it is a seccomp filter or a security module, such as a "
            "container's (podman, docker: --security-opt seccomp=unconfined), or a chroot that you are in",
        )
    return errors.OperationFailed(
        f"No user namespace could be made: {said}",
        hint="there are as many as user.max_user_namespaces and user.max_net_namespaces allow"
        if "No space left" in said
        else None,
    )


_OFF = ("0",)
_ALLOW = "an administrator allows them: sysctl "
_FORBIDDING = (
    ("kernel/unprivileged_userns_clone", _OFF, f"{_ALLOW}kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", _OFF, f"{_ALLOW}user.max_user_namespaces=10000"),
    ("user/max_net_namespaces", _OFF, f"{_ALLOW}user.max_net_namespaces=10000"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        ("1", "2"),
        "AppArmor allows them by a profile alone: an administrator gives /usr/bin/unshare one that says `userns,`, or "
        "sets sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)


def _value(settings: str, name: str) -> str | None:
    try:
        with open(f"{settings}/{name}") as file:
            return file.read().strip()
    except OSError:
        return None  # a kernel without it
