# SPDX-License-Identifier: LGPL-2.1-or-later
"""libioport, and the types of its functions. Loaded when first used."""

import ctypes
import functools
import os
from ctypes import POINTER, c_bool, c_char_p, c_int, c_size_t, c_uint, c_uint8, c_uint16, c_uint32, c_void_p

_SONAME = "libioport.so.0"

_PROTOTYPES = {
    "ioport_version": (c_char_p, []),
    "ioport_open_path": (c_void_p, [c_char_p, c_uint]),
    "ioport_new_from_fd": (c_void_p, [c_int, c_uint]),
    "ioport_close": (None, [c_void_p]),
    "ioport_fd": (c_int, [c_void_p]),
    "ioport_grant": (c_int, [c_void_p, c_uint32, c_uint32, c_uint]),
    "ioport_revoke": (c_int, [c_void_p, c_uint32, c_uint32, c_uint]),
    "ioport_attach": (c_int, [c_void_p, c_uint]),
    "ioport_detach": (c_int, [c_void_p]),
    "ioport_is_direct": (c_bool, [c_void_p, c_uint32, c_uint32]),
    "ioport_in8": (c_int, [c_void_p, c_uint16, POINTER(c_uint8)]),
    "ioport_in16": (c_int, [c_void_p, c_uint16, POINTER(c_uint16)]),
    "ioport_in32": (c_int, [c_void_p, c_uint16, POINTER(c_uint32)]),
    "ioport_out8": (c_int, [c_void_p, c_uint16, c_uint8]),
    "ioport_out16": (c_int, [c_void_p, c_uint16, c_uint16]),
    "ioport_out32": (c_int, [c_void_p, c_uint16, c_uint32]),
    "ioport_explain": (c_int, [c_void_p, c_int, c_uint, c_uint32, c_uint32, c_char_p, c_size_t]),
    "ioport_explain_open": (c_int, [c_char_p, c_int, c_char_p, c_size_t]),
}


@functools.lru_cache(maxsize=None)
def library() -> ctypes.CDLL:
    """The library; OSError where it is not installed."""
    lib = ctypes.CDLL(os.environ.get("IOPORT_LIBRARY") or _SONAME, use_errno=True)
    for name, (result, arguments) in _PROTOTYPES.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
    return lib
