"""Dockerfiles of several stages: what each has of the build context, and what it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.manifests import dockerfile
from depmap.model.deployed import Build, Setting
from tests.collectors.manifests.reading import only

if TYPE_CHECKING:
    from depmap.collecting.port import Item


def facts(text: str) -> list[Item]:
    return list(dockerfile.read("r", "Dockerfile", text))


def last(text: str) -> Build:
    return next(one for one in only(Build, facts(text)) if not one.stage)


BUILDER = "FROM python AS one\nWORKDIR /srv\nCOPY app ./app\nCOPY lib/x.py /opt/\nFROM python\n"


@pytest.mark.parametrize(
    ("copy", "copies"),
    [
        ("COPY --from=one /srv /srv", ("app",)),
        ("COPY --from=one /srv/app /x", ("app",)),
        ("COPY --from=one /srv/app/core /x", ("app/core",)),
        ("COPY --from=one /opt /x", ("lib/x.py",)),
        ("COPY --from=0 /opt/ /x", ("lib/x.py",)),
        ("COPY --from=one /usr/local/bin/tool /x", ("app", "lib/x.py")),
        ("COPY --from=docker.io/other /x /x", ()),
        ("COPY --chown=a:b --link one.py two.py ./", ("one.py", "two.py")),
        ("ADD https://example.com/x.tgz /x", ()),
        ("COPY onlyone", ()),
    ],
)
def test_what_a_stage_copies_of_the_context(copy: str, copies: tuple[str, ...]) -> None:
    assert last(BUILDER + copy).copies == copies


def test_what_other_stages_made_is_told_apart() -> None:
    build = last(BUILDER + "COPY run.py .\nCOPY --from=one /srv/app/tool /tool\n")
    assert (build.copies, build.made) == (("run.py", "app/tool"), ("app", "lib/x.py"))


STAGES = """
ARG TAG=3.12
FROM python:${TAG} AS base
ENV MAIN=web.py
WORKDIR /srv
COPY . .
ENTRYPOINT ["python"]
FROM base AS worker
WORKDIR jobs
CMD ["work.py"]
FROM base
CMD $MAIN
"""


def test_stages_start_from_one_another() -> None:
    found = {one.stage: (one.entrypoint, one.command, one.folder, one.copies, one.base)
             for one in only(Build, facts(STAGES))}  # fmt: skip
    assert found == {
        "base": ("python", "python", "/srv", (".",), "python:3.12"),
        "worker": ("python", "python work.py", "/srv/jobs", (".",), "python:3.12"),
        "": ("python", "python ${MAIN:-web.py}", "/srv", (".",), "python:3.12"),
    }
    assert [(one.key, one.value) for one in only(Setting, facts(STAGES))] == [("MAIN", "web.py")]


def test_arguments_are_no_environment_and_fill_the_command() -> None:
    text = "FROM python\nARG MAIN=a.py\nARG NONE\nCMD python $MAIN $NONE\n"
    assert last(text).command == "python ${MAIN:-a.py} $NONE"
    assert only(Setting, facts(text)) == []


LINES = [
    "FROM a", "FROM a AS x", "FROM x", "COPY --from=x /a /b", "COPY a", "WORKDIR ..", "ENV A",
    "ENV", "ARG", "CMD [", "ENTRYPOINT", "EXPOSE 1/tcp x", 'COPY ["a", 1]', "RUN \\", "#",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=8).map("\n".join))
def test_any_text_is_read(text: str) -> None:
    assert sum(not one.stage for one in only(Build, facts(text))) <= 1
