# SPDX-License-Identifier: LGPL-2.1-or-later
"""x86 I/O ports for programs without root, through /dev/ioport.

    from ioport import ParallelPort

    with ParallelPort(0x378) as port:
        port.setData(0x05)

`Device` is the open device, `Port` a window of ports of it, and `ParallelPort`
has the methods of PsychoPy's class of that name.
"""

from ._device import Device, Port, Use
from ._errors import (
    BusyError,
    InvalidRangeError,
    IoportError,
    LockdownError,
    ModeError,
    NoDeviceError,
    NoDirectAccessError,
    PolicyError,
)
from ._parallel import ParallelPort

__version__ = "0.1.0"

__all__ = [
    "BusyError",
    "Device",
    "InvalidRangeError",
    "IoportError",
    "LockdownError",
    "ModeError",
    "NoDeviceError",
    "NoDirectAccessError",
    "ParallelPort",
    "PolicyError",
    "Port",
    "Use",
]
