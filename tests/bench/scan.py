"""How fast code is scanned, as ratios to what the standard library needs to parse the same files.

``python -m tests.bench.scan [FOLDER]``: of a checkout, or of a tree of code made up for it.
"""

from __future__ import annotations

import ast
import os
import random
import resource
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.code import Code, is_test
from depmap.collecting.files import SourceFile, read_text, walk
from depmap.collecting.port import EVER

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261125
SERVICES = 24
HANDLERS = 12


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scan: seconds on the clock, seconds of processors, and what came out."""

    wall_s: float
    cpu_s: float
    items: int


def main(folder: Path | None = None) -> None:
    """Print how fast a folder is scanned, cold and warm; without one, a made-up tree."""
    with tempfile.TemporaryDirectory(prefix="depmap-bench-") as name:
        work = Path(name)
        root = folder if folder is not None else made_up(work / "code")
        texts = _texts(root)
        floor = _floor(texts)
        with _cache_in(work / "cache"):
            cold, warm = _scan(root), _scan(root)
            _touch(work / "cache")
            again = _scan(root)
    lines = sum(text.count("\n") for text in texts)
    print(f"{len(texts)} Python files, {lines} lines")  # noqa: T201 - what a bench is for
    print(f"  ast.parse of them           {floor:8.2f} s CPU  (the floor: 1.0)")  # noqa: T201
    for word, one in (("cold", cold), ("facts only, files known", again), ("warm", warm)):
        rate = len(texts) / one.cpu_s if one.cpu_s else float("inf")
        print(  # noqa: T201
            f"  {word:<26}{one.wall_s:8.2f} s      {one.cpu_s:8.2f} s CPU  "
            f"{one.cpu_s / floor:6.2f} x the floor, {rate:7.0f} files a second and core"
        )
    print(f"  memory                      {_megabytes():8.0f} MB at most")  # noqa: T201


def made_up(root: Path) -> Path:
    """Write a tree of services that call each other; the same at every run."""
    pick = random.Random(SEED)
    for number in range(SERVICES):
        folder = root / f"service{number:02}"
        folder.mkdir(parents=True)
        others = pick.sample(range(SERVICES), 4)
        (folder / "config.py").write_text(_config(others))
        (folder / "models.py").write_text(_models(number))
        for part in range(6):
            (folder / f"routes{part}.py").write_text(_routes(pick, others, part))
        names = ", ".join(f"routes{part}" for part in range(6))
        (folder / "main.py").write_text(
            f"from fastapi import FastAPI\nimport {names}\napp = FastAPI()\n"
            + "".join(f"app.include_router(routes{part}.router)\n" for part in range(6))
        )
    return root


def _config(others: list[int]) -> str:
    rows = "".join(
        f'    service{one:02}_url: str = "http://service{one:02}:8000"\n' for one in others
    )
    return (
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
        f"{rows}    database_url: str\n\n\nsettings = Settings()\n"
    )


def _models(number: int) -> str:
    rows = "".join(
        f"\n\nclass Row{row}(Base):\n    __tablename__ = 'rows{number}_{row}'\n"
        + "".join(f"    field{field} = Column(String)\n" for field in range(12))
        for row in range(6)
    )
    return (
        "from sqlalchemy import Column, String, create_engine\n"
        "from sqlalchemy.orm import declarative_base, sessionmaker\nfrom config import settings\n"
        f"Base = declarative_base()\nengine = create_engine(settings.database_url)\n"
        f"Session = sessionmaker(engine)\n{rows}"
    )


def _routes(pick: random.Random, others: list[int], part: int) -> str:
    text = (
        "import httpx\nfrom fastapi import APIRouter, HTTPException\nfrom config import settings\n"
        "from models import Row0, Row1, Row2, Session\n"
        f'router = APIRouter(prefix="/part{part}")\n'
    )
    for handler in range(HANDLERS):
        other = pick.choice(others)
        text += f"""

@router.get("/things{handler}/{{key}}")
async def things{handler}(key: str):
    values = [{", ".join(f"compute({n}, key, limit={n * 7})" for n in range(8))}]
    with Session() as session:
        row = session.query(Row{handler % 3}).filter_by(field1=key).first()
    try:
        async with httpx.AsyncClient() as client:
            url = f"{{settings.service{other:02}_url}}/part{part}/things{handler}/{{key}}"
            answer = await client.get(url)
    except httpx.HTTPError as error:
        {"raise HTTPException(502) from error" if handler % 2 else "return dict(row=row)"}
    return {{"row": row, "answer": answer.json(), "values": values}}
"""
    return text


def _texts(root: Path) -> list[str]:
    found = walk(root, lambda name: name.endswith(".py"))
    files = [item for item in found if isinstance(item, SourceFile) and not is_test(item.name)]
    return [text for text in map(read_text, files) if isinstance(text, str)]


def _floor(texts: list[str]) -> float:
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in texts:
            try:
                ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return time.process_time() - start


def _scan(root: Path) -> Scanned:
    wall, cpu = time.perf_counter(), _processors_s()
    items = sum(1 for _ in Code(paths=(root,)).collect(EVER))
    return Scanned(time.perf_counter() - wall, _processors_s() - cpu, items)


def _touch(cache: Path) -> None:
    """Forget what whole folders gave, and keep what single files say."""
    for path in cache.glob("depmap/code-*/*/*"):
        if path.read_bytes()[:1] in {b"\xdc", b"\xdd", b"\x90"}:  # a list, and not sealed
            path.unlink()


def _processors_s() -> float:
    """Seconds of processors, those of processes that have ended included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _megabytes() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_maxrss for one in used) / 1024


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
