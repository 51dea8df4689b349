# SPDX-License-Identifier: LGPL-2.1-or-later
"""The open device, and windows of ports."""

import ctypes
import enum
import errno
import operator
import os
from types import TracebackType
from typing import Optional, Tuple, Type

from ._errors import IoportError, error
from ._library import library

PORTS = 65536
_SENTENCE_BYTES = 512
_VALUE = {8: ctypes.c_uint8, 16: ctypes.c_uint16, 32: ctypes.c_uint32}


class Use(enum.IntFlag):
    """What a device is opened for."""

    READ = 1 << 2
    WRITE = 1 << 3
    DIRECT = 1 << 4
    ALL = READ | WRITE | DIRECT


class Device:
    """/dev/ioport, open. Close it, or use it in a `with` statement.

    Every port that it opened for direct access closes when it is closed. A
    method may be called from any thread, but for close(), which comes last.
    """

    _io: Optional[int] = None

    def __init__(self, path: str = "/dev/ioport", use: Use = Use.ALL) -> None:
        self._path = path
        self._io = library().ioport_open_path(os.fsencode(path), int(use))
        if not self._io:
            number = ctypes.get_errno()
            text = ctypes.create_string_buffer(_SENTENCE_BYTES)
            library().ioport_explain_open(os.fsencode(path), number, text, len(text))
            raise error(number, text.value.decode(errors="replace"), path)

    def close(self) -> None:
        """Close it. Once more is nothing."""
        io, self._io = self._io, None
        if io:
            library().ioport_close(io)

    @property
    def closed(self) -> bool:
        """Has it been closed?"""
        return not self._io

    def fileno(self) -> int:
        """The descriptor, to hand on, not to close."""
        return int(library().ioport_fd(self._handle()))

    def port(self, address: int, count: int = 1) -> "Port":
        """The window of `count` ports that begins at `address`."""
        return Port(self, address, count)

    def grant(self, first: int, count: int = 1) -> None:
        """Open ports for in and out instructions, which makes access faster.

        In the calling thread, and in threads and children made afterwards.
        """
        first, count = self._range(first, count)
        self._check(library().ioport_grant(self._handle(), first, count, 0), Use.DIRECT, first, count)

    def revoke(self, first: int, count: int = 1) -> None:
        """Close ports for in and out instructions, in every thread."""
        first, count = self._range(first, count)
        self._check(library().ioport_revoke(self._handle(), first, count, 0), Use.DIRECT, first, count)

    def attach(self) -> None:
        """Give the calling thread, if it is older than the grant, what was granted."""
        self._check(library().ioport_attach(self._handle(), 0), Use.DIRECT, 0, 0)

    def detach(self) -> None:
        """Take it from the calling thread again."""
        self._check(library().ioport_detach(self._handle()), Use.DIRECT, 0, 0)

    def is_direct(self, first: int, count: int = 1) -> bool:
        """Would this thread use the instruction on all these ports?"""
        first, count = self._range(first, count)
        return bool(library().ioport_is_direct(self._handle(), first, count))

    def in8(self, port: int) -> int:
        """Read a port: 8 bits."""
        return self._in(8, port)

    def in16(self, port: int) -> int:
        """Read a port: one access of 16 bits."""
        return self._in(16, port)

    def in32(self, port: int) -> int:
        """Read a port: one access of 32 bits."""
        return self._in(32, port)

    def out8(self, port: int, value: int) -> None:
        """Write a port: 8 bits."""
        self._out(8, port, value)

    def out16(self, port: int, value: int) -> None:
        """Write a port: one access of 16 bits."""
        self._out(16, port, value)

    def out32(self, port: int, value: int) -> None:
        """Write a port: one access of 32 bits."""
        self._out(32, port, value)

    def __enter__(self) -> "Device":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ioport.Device {self._path!r}{' (closed)' if self.closed else ''}>"

    def _handle(self) -> int:
        if not self._io:
            raise error(errno.EBADF, "the device is closed")
        return self._io

    # ctypes would cut numbers that are too large without a word, and takes no others
    # than Python's own, as numpy's.
    @staticmethod
    def _range(first: int, count: int) -> Tuple[int, int]:
        first, count = operator.index(first), operator.index(count)
        if first < 0 or count < 1 or first + count > PORTS:
            raise error(errno.EINVAL, f"there is no range of {count} ports at {first:#x}")
        return first, count

    def _in(self, width: int, port: int) -> int:
        port, _ = self._range(port, width // 8)
        value = _VALUE[width]()
        function = getattr(library(), f"ioport_in{width}")
        self._check(function(self._handle(), port, ctypes.byref(value)), Use.READ, port, width // 8)
        return value.value

    def _out(self, width: int, port: int, value: int) -> None:
        port, _ = self._range(port, width // 8)
        value = operator.index(value)
        if not 0 <= value < 1 << width:
            raise error(errno.EINVAL, f"{value} is not a number of {width} bits")
        function = getattr(library(), f"ioport_out{width}")
        self._check(function(self._handle(), port, value), Use.WRITE, port, width // 8)

    def _check(self, result: int, use: Use, first: int, count: int) -> None:
        if result == 0:
            return
        number = ctypes.get_errno()
        text = ctypes.create_string_buffer(_SENTENCE_BYTES)
        library().ioport_explain(self._io, number, int(use), first, count, text, len(text))
        raise error(number, text.value.decode(errors="replace"))


class Port:
    """Some ports of a device in a row; offsets are from the first."""

    def __init__(self, device: Device, address: int, count: int = 1) -> None:
        self.device = device
        self.address, self.count = Device._range(address, count)

    def grant(self) -> bool:
        """Make access faster, if that can be had here."""
        try:
            self.device.grant(self.address, self.count)
        except IoportError:
            return False
        return True

    def in8(self, offset: int = 0) -> int:
        """Read 8 bits."""
        return self.device.in8(self._at(offset, 1))

    def in16(self, offset: int = 0) -> int:
        """Read 16 bits in one access."""
        return self.device.in16(self._at(offset, 2))

    def in32(self, offset: int = 0) -> int:
        """Read 32 bits in one access."""
        return self.device.in32(self._at(offset, 4))

    def out8(self, value: int, offset: int = 0) -> None:
        """Write 8 bits."""
        self.device.out8(self._at(offset, 1), value)

    def out16(self, value: int, offset: int = 0) -> None:
        """Write 16 bits in one access."""
        self.device.out16(self._at(offset, 2), value)

    def out32(self, value: int, offset: int = 0) -> None:
        """Write 32 bits in one access."""
        self.device.out32(self._at(offset, 4), value)

    def _at(self, offset: int, width: int) -> int:
        offset = operator.index(offset)
        if offset < 0 or offset + width > self.count:
            raise error(errno.EINVAL, f"offset {offset}, {width} bytes: the window has {self.count} ports")
        return self.address + offset

    def __repr__(self) -> str:
        return f"<ioport.Port {self.address:#x}+{self.count}>"
