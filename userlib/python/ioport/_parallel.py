# SPDX-License-Identifier: LGPL-2.1-or-later
"""A parallel port, with the methods of PsychoPy's class of that name."""

from types import TracebackType
from typing import Optional, Type, Union

from ._device import Device, Port

# Pins of the plug, by the bit of the register that has them.
_DATA_PINS = range(2, 10)
_STATUS_PINS = {10: 6, 11: 7, 12: 5, 13: 4, 15: 3}
_CONTROL_INPUT = 0x20  # of the control register: the data lines are inputs


class ParallelPort:
    """A parallel port: eight data lines out, five status lines in.

    A program for PsychoPy's `parallel.ParallelPort` runs with this one. A string
    is taken for an address in hexadecimal, with or without 0x.
    """

    def __init__(self, address: Union[int, str] = 0x378, device: Optional[Device] = None) -> None:
        self.address = int(address, 16) if isinstance(address, str) else address
        self._own = device is None
        self._device = Device() if device is None else device
        try:
            self._port = Port(self._device, self.address, 3)
            control = self._port.in8(2)
            if control & _CONTROL_INPUT:
                self._port.out8(control & ~_CONTROL_INPUT, 2)
        except BaseException:
            self.close()
            raise
        self._port.grant()

    def setData(self, data: int) -> None:
        """Set all eight data lines: bit 0 is pin 2, bit 7 is pin 9."""
        self._port.out8(data, 0)

    def clearData(self) -> None:
        """All data lines off."""
        self.setData(0)

    def setPin(self, pinNumber: int, state: int) -> None:
        """Switch one data line, pin 2 to 9, on or off; the others stay."""
        if pinNumber not in _DATA_PINS:
            raise ValueError(f"pin {pinNumber} is not a data line: these are 2 to 9")
        bit = 1 << (pinNumber - 2)
        data = self.readData()
        self.setData(data | bit if state else data & ~bit)

    def readData(self) -> int:
        """What the data lines were set to."""
        return self._port.in8(0)

    def readPin(self, pinNumber: int) -> int:
        """A line, 0 or 1: pins 2 to 9 (data), 10 to 13 and 15 (status).

        As in PsychoPy it is the bit of the register; for pin 11 (busy) the port's
        hardware turns that over, so 1 is a low line.
        """
        if pinNumber in _DATA_PINS:
            return self.readData() >> (pinNumber - 2) & 1
        if pinNumber not in _STATUS_PINS:
            raise ValueError(f"pin {pinNumber} cannot be read: these are 2 to 13 and 15")
        return self._port.in8(1) >> _STATUS_PINS[pinNumber] & 1

    def close(self) -> None:
        """Close the device, if it was opened here. The lines stay as they are."""
        if self._own:
            self._device.close()

    def __enter__(self) -> "ParallelPort":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ioport.ParallelPort {self.address:#x}>"
