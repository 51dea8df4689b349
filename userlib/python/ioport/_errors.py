# SPDX-License-Identifier: LGPL-2.1-or-later
"""The errors, by what is the matter. `errno` and `strerror` are as in OSError."""

import errno
from typing import Dict, Optional, Type


class IoportError(OSError):
    """A call was refused; `strerror` is a sentence with cause and remedy."""


class PolicyError(IoportError, PermissionError):
    """The administrator's policy, the limit of the open file, or the device's group."""


class LockdownError(IoportError, PermissionError):
    """Kernel lockdown, or direct access that needs a privilege here."""


class BusyError(IoportError):
    """A kernel driver or ACPI holds a port, or this thread has ports from elsewhere."""


class ModeError(IoportError):
    """The device is closed, or was not opened for this use."""


class InvalidRangeError(IoportError, ValueError):
    """A port, a number of ports or a value that there is not."""


class NoDirectAccessError(IoportError):
    """This machine has no direct access; reading and writing work without."""


class NoDeviceError(IoportError, FileNotFoundError):
    """There is no /dev/ioport, or the kernel module is not loaded."""


_CLASSES: Dict[int, Type[IoportError]] = {
    errno.EACCES: PolicyError,
    errno.EPERM: LockdownError,
    errno.EBUSY: BusyError,
    errno.EBADF: ModeError,
    errno.EINVAL: InvalidRangeError,
    errno.EOPNOTSUPP: NoDirectAccessError,
    errno.ENOENT: NoDeviceError,
    errno.ENXIO: NoDeviceError,
    errno.ENODEV: NoDeviceError,
}


def error(number: int, sentence: str, path: Optional[str] = None) -> IoportError:
    """The error of the right class for an errno."""
    cls = _CLASSES.get(number, IoportError)
    return cls(number, sentence) if path is None else cls(number, sentence, path)
