# SPDX-License-Identifier: GPL-2.0-only
"""The Python package.

On a machine without /dev/ioport: what it refuses by itself. In the test machine,
as an ordinary user: a parallel port at 0x378 and pc-testdev's latch at 0xe0, with
allow=0xe0-0xe3,0x220-0x22f,0x378-0x37f deny=none. README.md is beside it. Writes TAP.
"""

import errno
import os
import re
import sys
import textwrap
import threading
import unittest

import ioport

LATCH = 0x378
WIDE = 0xE0
REFUSED = 0x60
HERE = os.path.exists("/dev/ioport")


class WithoutDevice(unittest.TestCase):
    def test_no_such_node(self):
        with self.assertRaises(ioport.NoDeviceError) as caught:
            ioport.Device("/nonexistent/ioport")
        self.assertIsInstance(caught.exception, FileNotFoundError)
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        self.assertEqual(caught.exception.filename, "/nonexistent/ioport")
        self.assertIn("does not exist", caught.exception.strerror)

    def test_other_device(self):
        with self.assertRaises(ioport.IoportError) as caught:
            ioport.Device("/dev/null")
        self.assertEqual(caught.exception.errno, errno.ENOTTY)

    def test_unknown_use(self):
        with self.assertRaises(ioport.InvalidRangeError):
            ioport.Device(use=1)

    def test_classes(self):
        for cls in (ioport.BusyError, ioport.PolicyError, ioport.LockdownError, ioport.ModeError):
            self.assertTrue(issubclass(cls, ioport.IoportError) and issubclass(cls, OSError))

    def test_typed(self):
        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(ioport.__file__), "py.typed")))

    def test_version(self):
        from ioport import _library

        self.assertEqual(ioport.__version__, _library.library().ioport_version().decode())

    def test_everything_has_a_docstring(self):
        for name in ioport.__all__:
            thing = getattr(ioport, name)
            self.assertTrue(thing.__doc__, name)
            for key, value in vars(thing).items():
                if callable(value) and not key.startswith("_"):
                    self.assertTrue(value.__doc__, f"{name}.{key}")


class Registers:
    """In place of a device: three registers, since QEMU's status lines never change."""

    def __init__(self, *values):
        self.values = list(values)

    def grant(self, first, count):
        pass

    def in8(self, port):
        return self.values[port - LATCH]

    def out8(self, port, value):
        self.values[port - LATCH] = value


class StatusLines(unittest.TestCase):
    def test_each_pin_is_one_bit(self):
        for pin, bit in ((10, 6), (11, 7), (12, 5), (13, 4), (15, 3)):
            registers = Registers(0, 1 << bit, 0)
            port = ioport.ParallelPort(LATCH, device=registers)
            self.assertEqual([p for p in (10, 11, 12, 13, 15) if port.readPin(p)], [pin])

    def test_data_lines_become_outputs(self):
        registers = Registers(0, 0, 0x2C)
        ioport.ParallelPort(LATCH, device=registers)
        self.assertEqual(registers.values, [0, 0, 0x0C])


@unittest.skipUnless(HERE, "no /dev/ioport")
class Direct(unittest.TestCase):
    def setUp(self):
        self.device = ioport.Device()
        self.addCleanup(self.device.close)

    def test_widths(self):
        for granted in (False, True):
            if granted:
                self.device.grant(WIDE, 4)
            self.device.out32(WIDE, 0x12345678)
            self.assertEqual(self.device.in32(WIDE), 0x12345678)
            self.assertEqual(self.device.in16(WIDE + 2), 0x1234)
            self.assertEqual(self.device.in8(WIDE + 1), 0x56)
            self.device.out16(WIDE, 0xABCD)
            self.assertEqual(self.device.in32(WIDE), 0x1234ABCD)
            self.device.out8(WIDE, 0xEF)
            self.assertEqual(self.device.in32(WIDE), 0x1234ABEF)

    def test_numbers_of_other_kinds(self):
        class Number:  # as numpy's are, a trigger code out of an array
            def __init__(self, number):
                self.number = number

            def __index__(self):
                return self.number

        self.device.grant(Number(WIDE), Number(4))
        self.device.out8(Number(WIDE), Number(0x5E))
        self.assertEqual(self.device.in8(Number(WIDE)), 0x5E)
        ioport.Port(self.device, Number(WIDE), Number(4)).out8(Number(0x77))
        self.assertEqual(self.device.in8(WIDE), 0x77)
        with self.assertRaises(TypeError):
            self.device.out8(WIDE, 1.5)
        with self.assertRaises(ioport.InvalidRangeError):
            self.device.out8(WIDE, Number(256))
        self.assertEqual(self.device.in8(WIDE), 0x77)

    def test_window(self):
        window = self.device.port(WIDE, 4)
        self.assertTrue(window.grant())
        window.out16(0x55AA, 2)
        self.assertEqual((window.in8(2), window.in8(3), window.in16(2)), (0xAA, 0x55, 0x55AA))
        for offset, width in ((-1, 8), (4, 8), (3, 16), (1, 32)):
            with self.assertRaises(ioport.InvalidRangeError):
                getattr(window, f"in{width}")(offset)

    def test_grant_and_revoke(self):
        self.assertFalse(self.device.is_direct(LATCH))
        self.device.grant(LATCH, 3)
        self.assertTrue(self.device.is_direct(LATCH, 3))
        self.device.detach()
        self.assertFalse(self.device.is_direct(LATCH))
        self.device.attach()
        self.assertTrue(self.device.is_direct(LATCH))
        self.device.revoke(LATCH)
        self.assertFalse(self.device.is_direct(LATCH))
        self.assertTrue(self.device.is_direct(LATCH + 1, 2))

    def test_policy(self):
        for call in (
            lambda: self.device.in8(REFUSED),
            lambda: self.device.out8(REFUSED, 0),
            lambda: self.device.grant(REFUSED),
        ):
            with self.assertRaises(ioport.PolicyError) as caught:
                call()
            self.assertIsInstance(caught.exception, PermissionError)
            self.assertEqual(caught.exception.errno, errno.EACCES)
            self.assertIn("not allowed by the administrator's policy", str(caught.exception))

    def test_what_is_cut_in_c_is_refused(self):
        self.device.out8(LATCH, 0x5A)
        for call in (
            lambda: self.device.out8(LATCH, 256),
            lambda: self.device.out8(LATCH, -1),
            lambda: self.device.out8(LATCH + 65536, 0),
            lambda: self.device.in8(LATCH + 65536),
            lambda: self.device.in8(-1),
            lambda: self.device.in16(65535),
            lambda: self.device.grant(LATCH + (1 << 32)),
            lambda: self.device.grant(LATCH, 0),
            lambda: self.device.revoke(65535, 2),
        ):
            with self.assertRaises(ValueError) as caught:
                call()
            self.assertEqual(caught.exception.errno, errno.EINVAL)
        self.assertEqual(self.device.in8(LATCH), 0x5A)

    def test_mode(self):
        with ioport.Device(use=ioport.Use.READ) as reader:
            reader.in8(LATCH)
            for call in (lambda: reader.out8(LATCH, 0), lambda: reader.grant(LATCH)):
                with self.assertRaises(ioport.ModeError):
                    call()

    def test_closed(self):
        fd = self.device.fileno()
        self.device.close()
        self.device.close()
        self.assertTrue(self.device.closed)
        with self.assertRaises(OSError):
            os.fstat(fd)
        with self.assertRaises(ioport.ModeError):
            self.device.in8(LATCH)

    def test_older_thread(self):
        granted, result = threading.Event(), []

        def work():
            granted.wait()
            before = self.device.is_direct(LATCH)
            self.device.attach()
            result.extend((before, self.device.is_direct(LATCH)))

        thread = threading.Thread(target=work)
        thread.start()
        self.device.grant(LATCH)
        granted.set()
        thread.join()
        self.assertEqual(result, [False, True])


@unittest.skipUnless(HERE, "no /dev/ioport")
class Parallel(unittest.TestCase):
    def test_data(self):
        with ioport.ParallelPort(LATCH) as port, ioport.Device() as other:
            self.assertEqual(port.address, LATCH)
            port.setData(0b101)
            self.assertEqual((port.readData(), other.in8(LATCH)), (0b101, 0b101))
            port.setPin(2, 0)
            port.setPin(9, 1)
            self.assertEqual(other.in8(LATCH), 0b10000100)
            self.assertEqual([port.readPin(pin) for pin in range(2, 10)], [0, 0, 1, 0, 0, 0, 0, 1])
            port.clearData()
            self.assertEqual(other.in8(LATCH), 0)

    def test_status(self):
        with ioport.ParallelPort("0x378") as port, ioport.Device() as other:
            status = other.in8(LATCH + 1)
            for pin, bit in ((10, 6), (11, 7), (12, 5), (13, 4), (15, 3)):
                self.assertEqual(port.readPin(pin), status >> bit & 1, pin)

    def test_bad_pins(self):
        with ioport.ParallelPort() as port:
            port.setData(0x5A)
            for pin in (0, 1, 10, 14, 18):
                with self.assertRaises(ValueError):
                    port.setPin(pin, 1)
            for pin in (0, 1, 14, 16, 25):
                with self.assertRaises(ValueError):
                    port.readPin(pin)
            with self.assertRaises(ValueError):
                port.setData(256)
            self.assertEqual(port.readData(), 0x5A)

    def test_refused(self):
        with self.assertRaises(ioport.PolicyError):
            ioport.ParallelPort(REFUSED)


@unittest.skipUnless(HERE, "no /dev/ioport")
class Documents(unittest.TestCase):
    def test_examples(self):
        with open(os.path.join(os.path.dirname(__file__), "README.md"), encoding="utf-8") as page:
            examples = re.findall(r"^```python\n(.*?)^```$", page.read(), re.DOTALL | re.MULTILINE)
        self.assertEqual(len(examples), 2)
        with ioport.Device() as device:
            device.out8(LATCH, 0xFF)
            exec(examples[0], {})
            self.assertEqual(device.in8(LATCH), 0b00000100)
            exec(examples[1], {})  # touches a port where nothing is

    def test_docstring(self):
        lines = [line for line in ioport.__doc__.splitlines() if line.startswith("    ") or not line]
        with ioport.Device() as device:
            device.out8(LATCH, 0xFF)
            exec(textwrap.dedent("\n".join(lines)), {})
            self.assertEqual(device.in8(LATCH), 0x05)


class Tap(unittest.TestResult):
    """One line a test."""

    def _say(self, good, test, note=""):
        print(f"{'ok' if good else 'not ok'} {self.testsRun} - {test.id().split('.', 1)[1]}{note}", flush=True)

    def addSuccess(self, test):
        self._say(True, test)

    def addSkip(self, test, reason):
        self._say(True, test, f" # SKIP {reason}")

    def addError(self, test, err):
        super().addError(test, err)
        self._say(False, test)
        print("# " + self.errors[-1][1].strip().replace("\n", "\n# "))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say(False, test)
        print("# " + self.failures[-1][1].strip().replace("\n", "\n# "))


if __name__ == "__main__":
    outcome = Tap()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(outcome)
    print(f"1..{outcome.testsRun}")
    sys.exit(0 if outcome.wasSuccessful() else 1)
