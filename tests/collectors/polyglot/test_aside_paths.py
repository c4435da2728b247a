"""Paths of tests and examples, and packages that are only called so."""

from __future__ import annotations

import pytest

from collectors.polyglot.languages import is_aside


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("cart/src/main/java/com/example/cart/Cart.java", False),
        ("cart/src/test/java/com/shop/Cart.java", True),
        ("cart/src/main/java/com/shop/CartTest.java", True),
        ("examples/cart/src/main/java/com/shop/Cart.java", True),
        ("cart/tests/cart.js", True),
        ("cart.go", False),
    ],
)
def test_a_package_that_is_called_an_example_is_none(path: str, *, aside: bool) -> None:
    assert is_aside(path) is aside
