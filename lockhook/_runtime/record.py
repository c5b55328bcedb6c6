"""Immutable values with named fields: `dataclass(frozen, slots, kw_only)` without its import.

Importing `dataclasses` takes as long as starting Python does, and the guard runs at the start of
every benchmark on every node.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Any, Self, dataclass_transform
else:

    def dataclass_transform(**_options):
        return lambda cls: cls


_set = object.__setattr__


class _Fields(type):
    """Makes the annotated names of a class body its slots, and their values its defaults."""

    _fields: tuple[str, ...]
    _defaults: dict[str, object]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _Fields:
        fields = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace.pop(field) for field in fields if field in namespace}
        # A name in `_hidden` is a slot that is no field: it is neither compared nor shown.
        namespace["__slots__"] = (*fields, *namespace.get("_hidden", ()))
        made = super().__new__(cls, name, bases, namespace)
        made._fields = fields
        made._defaults = defaults
        return made


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record(metaclass=_Fields):
    """Base of all data in the runtime half: keyword-only, immutable, comparable, picklable."""

    def __init__(self, **values: Any) -> None:
        cls = type(self)
        merged = {**cls._defaults, **values}
        try:
            for field, value in merged.items():
                _set(self, field, value)
        except AttributeError:
            unknown = [field for field in values if field not in cls._fields]
            raise TypeError(f"{cls.__name__} has no field {', '.join(unknown)}") from None
        if len(merged) != len(cls._fields):
            missing = [field for field in cls._fields if field not in merged]
            raise TypeError(f"{cls.__name__} needs {', '.join(missing)}")

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {field!r}")

    def __delattr__(self, field: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {field!r}")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields and their values, in the order of the class body."""
        return {field: getattr(self, field) for field in type(self)._fields}

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**{**self.as_dict(), **changes})

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{field}={value!r}" for field, value in self.as_dict().items())
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (type(self), self.as_dict()))


def _restore(cls: type[Record], values: dict[str, Any]) -> Record:
    return cls(**values)
