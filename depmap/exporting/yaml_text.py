"""YAML out and in, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from depmap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CHARACTERS = 20_000_000


class Block(str):
    """A text of several lines that is written as such."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes blocks as blocks, and nothing by reference."""

    def ignore_aliases(self, data: object) -> bool:
        """Write a value again where it occurs again."""
        del data
        return True


def _block(dumper: yaml.SafeDumper, data: Block) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(data), style="|")


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    if any(0xD800 <= ord(letter) < 0xE000 for letter in data):  # noqa: PLR2004 - surrogates
        raise InputError(f"no YAML file can hold the name {data!a}: it is not Unicode")
    # PyYAML folds rare line breaks (U+0085) into spaces unless they stand in double quotes.
    style = None if data.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(Block, _block)
_Dumper.add_representer(str, _text)


def dumped(document: Mapping[str, object]) -> str:
    """Return a document as YAML, keys in the order given.

    Raises:
        InputError: a text holds half a character (a lone surrogate).
    """
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=MOST_CHARACTERS
    )


def comment(lines: Sequence[str]) -> str:
    """Return lines as comments; a line break inside one cannot end its comment."""
    return "".join(f"# {' '.join(line.split())}".rstrip() + "\n" for line in lines)


def loaded(text: str) -> list[object]:
    """Return the documents of a YAML text.

    Raises:
        InputError: it is no YAML, or too large or too deep.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"the file is larger than {MOST_CHARACTERS} characters")
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(f"not a YAML file: {error}", where=where) from error
    except (RecursionError, ValueError, TypeError) as error:
        raise InputError(f"not a YAML file that can be read: {error}") from error
