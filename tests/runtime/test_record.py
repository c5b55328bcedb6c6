from __future__ import annotations

import pickle

import pytest

from lockhook._runtime.record import Record


class Point(Record):
    x: int
    y: int = 0


class Other(Record):
    x: int
    y: int = 0


def test_fields_and_defaults() -> None:
    assert (Point(x=1).x, Point(x=1).y, Point(x=1, y=2).y) == (1, 0, 2)
    assert Point(x=1).as_dict() == {"x": 1, "y": 0}
    assert repr(Point(x=1)) == "Point(x=1, y=0)"


def test_equality_is_by_class_and_value() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Other(x=1)
    assert hash(Point(x=1)) == hash(Point(x=1))


def test_replace_and_pickle() -> None:
    point = Point(x=1).replace(y=5)
    assert point == Point(x=1, y=5)
    assert pickle.loads(pickle.dumps(point)) == point


def test_it_is_immutable() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match=r"^Point is immutable: cannot set 'x'$"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"^Point is immutable: cannot delete 'x'$"):
        del point.x


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Point needs x"),
        ({"x": 1, "z": 2}, "Point has no field z"),
        ({"y": 1}, "Point needs x"),
    ],
)
def test_wrong_fields(values: dict[str, int], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        Point(**values)
    assert str(caught.value) == message
