"""`typing.NamedTuple`, without the import of `typing`: that takes as long as to judge a lock."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Named(type):
        """Makes of the annotations of a class body the fields of a tuple."""

        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = namespace.get("__annotations__", {})
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            module = namespace["__module__"]
            made = namedtuple(name, fields, defaults=defaults, module=module)  # noqa: PYI024 - what it is made of
            return type(name, (made,), {**namespace, "__slots__": ()})

    class NamedTuple(metaclass=_Named):
        """Base of tuples whose items have names, types and defaults."""


__all__ = ["NamedTuple"]
