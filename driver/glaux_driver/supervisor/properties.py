"""Sends many properties over py4j in a few calls.

One by one, each costs a round trip to a JVM that is not warm yet.
"""

from __future__ import annotations

import struct
from typing import Any, Mapping

from py4j.clientserver import ClientServer

from glaux_driver.supervisor.tidy import java_class

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/,")


def java_properties(server: ClientServer, values: Mapping[str, str]) -> Any:
    """A java.util.Properties, which is also a java.util.Map."""
    properties = java_class(server, "java.util.Properties")()
    properties.load(java_class(server, "java.io.StringReader")(as_file(values)))
    return properties


def as_file(values: Mapping[str, str]) -> str:
    """The properties in the format of java.util.Properties.load, with all but plain characters escaped."""
    return "".join(f"{_escaped(key)}={_escaped(value)}\n" for key, value in values.items())


def _escaped(text: str) -> str:
    return "".join(character if character in _PLAIN else _escapes(character) for character in text)


def _escapes(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{unit:04x}" for (unit,) in struct.iter_unpack(">H", units))
