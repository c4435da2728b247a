from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from depmap.errors import InputError
from depmap.exporting import (
    TARGETS,
    Target,
    export,
    plan_schema,
    read_plan,
    target_named,
    verify,
)
from depmap.exporting.argocd import SERVICE, WAVE
from depmap.model.plan import Plan, Precedence
from depmap.model.words import Kind, NodeKind
from depmap.planning import make_plan
from tests.builders import depends, node
from tests.planning import builders

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node

each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
HOSTILE = (
    "a'b",
    'a"b',
    "a\nneeds: [x]",
    "a: b",
    "größe",
    "1st",
    "end",
    "on",
    "true",
    "null",
    "-x",
    "__own",
    "A",
    "a",
    "A-",
    "${{ secrets.TOKEN }}",
    "${{ '$' }}{{ x",
    "$(rm -rf /)",
    "../../etc",
    "# no",
    "*star",
    "&anchor",
    "a + b",
    " ",
    "\x00",
    "\u2028",
    "x" * 300,
)
hostile = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=12))


def diamond() -> Plan:
    links = [depends("a", "b"), depends("a", "c"), depends("b", "d"), depends("c", "d")]
    return make_plan([], [*links, depends("a", "d")])


def cyclic() -> Plan:
    return make_plan([], [depends("a", "b"), depends("b", "a"), depends("a", "c")])


def jobs(plan: Plan) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(export(plan, "github")[0])["jobs"]
    return found


def applications(plan: Plan) -> list[dict[str, dict[str, object]]]:
    documents = yaml.safe_load_all(export(plan, "argocd")[0])
    return [item for item in documents if item["kind"] == "Application"]


@each_target
@given(builders.nodes, builders.dependencies)
def test_what_is_read_back_is_the_plan(
    target: Target, nodes: tuple[Node, ...], dependencies: list[Dependency]
) -> None:
    plan = make_plan([*nodes, node("always")], dependencies)
    _, found = export(plan, target.name)
    assert found.ok
    assert not found.missing_count
    assert found.exact is target.exact
    assert not (target.exact and found.sentences())


@each_target
@given(st.lists(hostile, min_size=1, max_size=6, unique=True))
def test_hostile_names_come_back_as_they_were(target: Target, names: list[str]) -> None:
    links = [depends(names[0], name) for name in names[1:]]
    plan = make_plan([node(name) for name in names], links)
    text, found = export(plan, target.name)
    text.encode()
    assert found.ok
    assert target.read_back(text).names() == set(names)


@each_target
def test_hostile_names_all_at_once(target: Target) -> None:
    plan = make_plan([node(name) for name in HOSTILE], [])
    assert export(plan, target.name)[1].ok


def test_half_a_character_fits_json_only() -> None:
    plan = make_plan([node("\ud800")], [])
    text, found = export(plan, "json")
    assert found.ok
    assert text.isascii()
    for target in ("github", "argocd"):
        with pytest.raises(InputError, match="not Unicode"):
            export(plan, target)


@each_target
def test_the_same_plan_gives_the_same_text(target: Target) -> None:
    assert export(diamond(), target.name) == export(diamond(), target.name)


@each_target
def test_a_cycle_in_the_plan_is_never_exported(target: Target) -> None:
    pair = (Precedence(before="a", after="b"), Precedence(before="b", after="a"))
    plan = replace(make_plan([node("a"), node("b")], []), precedences=pair)
    with pytest.raises(InputError, match="circle: a after b after a"):
        export(plan, target.name)


@each_target
@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", "a: [", "jobs: 1", "[" * 5000, "a: 2026-99-99", "\x00"]
)
def test_a_text_of_another_kind_is_refused_or_holds_nothing(target: Target, text: str) -> None:
    try:
        assert not target.read_back(text).names()
    except InputError as error:
        assert error.message  # noqa: PT017 - either outcome is right


def test_an_unknown_target_gives_the_nearest_one() -> None:
    with pytest.raises(InputError) as caught:
        target_named("argo")
    assert caught.value.hint == 'did you mean "argocd"?'


# JSON


@given(builders.nodes, builders.dependencies)
def test_json_holds_the_whole_plan_and_follows_its_schema(
    nodes: tuple[Node, ...], dependencies: list[Dependency]
) -> None:
    plan = make_plan(nodes, dependencies)
    text, _ = export(plan, "json")
    jsonschema.Draft202012Validator(plan_schema()).validate(json.loads(text))
    assert read_plan(text) == plan


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(plan_schema())


def test_a_plan_of_a_later_version_is_refused() -> None:
    text = export(diamond(), "json")[0].replace('"schema_version": 1', '"schema_version": 2')
    with pytest.raises(InputError, match="schema_version 2"):
        read_plan(text)


def test_a_precedence_of_a_stranger_is_refused() -> None:
    text = export(diamond(), "json")[0].replace('"before": "d"', '"before": "z"')
    with pytest.raises(InputError, match='"z", which is in no wave'):
        verify(diamond(), text, target="json")


# GitHub


def test_jobs_need_what_their_services_depend_on_and_nothing_more() -> None:
    needs = {name: job.get("needs") for name, job in jobs(diamond()).items()}
    assert needs == {"d": None, "b": ["d"], "c": ["d"], "a": ["b", "c"]}


def test_a_cycle_is_one_job() -> None:
    found = jobs(cyclic())
    (name,) = found.keys() - {"c"}
    assert re.fullmatch("a-b-[0-9a-f]{6}", name)
    assert found[name]["needs"] == ["c"]


def test_each_phase_is_an_environment() -> None:
    found = jobs(make_plan([node("a"), node("b", entry=True)], []))
    environments = [job["environment"] for job in found.values()]
    assert environments == ["production-supporting", "production-user-facing"]


def test_the_workflow_may_read_only_and_runs_once_at_a_time() -> None:
    workflow = yaml.safe_load(export(diamond(), "github")[0])
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"] == {"group": "depmap-deploy", "cancel-in-progress": False}
    assert workflow["on"] == "workflow_dispatch"


@pytest.mark.parametrize("name", HOSTILE)
def test_job_identifiers_are_allowed_and_names_never_reach_code(name: str) -> None:
    (found,) = jobs(make_plan([node(name)], [])).items()
    identifier, job = found
    assert re.fullmatch("(?!__)[A-Za-z_][A-Za-z0-9_-]{0,99}", identifier)
    (step,) = [item for item in job["steps"] if "run" in item]  # type: ignore[attr-defined]
    assert step["run"] == './deploy.sh "$SERVICE"'
    assert "${{ secrets" not in step["env"]["SERVICE"]


def test_a_dropped_need_is_noticed() -> None:
    text = export(diamond(), "github")[0].replace("    - b\n    - c\n", "    - b\n")
    found = verify(diamond(), text, target="github")
    assert not found.ok
    assert found.missing == (("c", "a"),)
    assert found.sentences() == ("1 constraints are lost: c before a",)


def test_an_added_need_is_noticed() -> None:
    plan = make_plan([node("a"), node("b")], [])
    text = export(plan, "github")[0].replace("name: Deploy b\n    runs", "needs: a\n    runs", 1)
    found = verify(plan, text, target="github")
    assert (found.ok, found.extra) == (False, (("a", "b"),))


def test_a_job_that_deploys_nothing_passes_the_order_on() -> None:
    plan = make_plan([], [depends("a", "b")])
    text = export(plan, "github")[0].replace("    - b\n", "    - approve\n")
    text += "  approve:\n    needs: [b]\n    runs-on: x\n    steps: []\n"
    assert verify(plan, text, target="github").ok


def test_a_missing_and_a_strange_job_are_noticed() -> None:
    text = export(make_plan([node("a"), node("b")], []), "github")[0]
    found = verify(make_plan([node("a"), node("c")], []), text, target="github")
    assert (found.lost, found.unknown, found.ok) == (("c",), ("b",), False)


def test_a_cycle_that_was_taken_apart_is_noticed() -> None:
    text = export(make_plan([node(name) for name in "abc"], [depends("a", "c")]), "github")[0]
    found = verify(cyclic(), text, target="github")
    assert (found.split, found.ok) == ((("a", "b"),), False)


@pytest.mark.parametrize(
    ("needs", "message"), [("[z]", "there is no such job"), ("[a]", "needs itself")]
)
def test_a_need_of_nothing_is_refused(needs: str, message: str) -> None:
    text = f"jobs: {{a: {{needs: {needs}, steps: [{{env: {{SERVICE: a}}}}]}}}}"
    with pytest.raises(InputError, match=message):
        target_named("github").read_back(text)


def test_a_service_in_two_jobs_is_refused() -> None:
    step = "{steps: [{env: {SERVICE: a}}]}"
    with pytest.raises(InputError, match="deployed twice"):
        target_named("github").read_back(f"jobs: {{a: {step}, b: {step}}}")


def test_a_circle_in_the_file_is_named() -> None:
    text = "jobs: {" + ", ".join(
        f"{name}: {{needs: {need}, steps: [{{env: {{SERVICE: {name}}}}}]}}"
        for name, need in ("ab", "bc", "ca")
    )
    with pytest.raises(InputError, match="a after b after c after a"):
        verify(diamond(), text + "}", target="github")


def test_nothing_to_deploy_is_no_workflow() -> None:
    with pytest.raises(InputError, match="deploys nothing"):
        export(Plan(), "github")


# Argo CD


def test_waves_are_quoted_and_leave_gaps() -> None:
    text, found = export(diamond(), "argocd")
    waves = {
        item["metadata"]["annotations"][SERVICE]: item["metadata"]["annotations"][WAVE]  # type: ignore[index]
        for item in applications(diamond())
    }
    assert waves == {"d": "0", "b": "10", "c": "10", "a": "20"}
    assert f"{WAVE}: '10'" in text
    assert found.extra_count == 0


def test_added_constraints_are_counted() -> None:
    plan = make_plan([], [depends("a", "b"), depends("c", "d")])
    found = export(plan, "argocd")[1]
    assert (found.ok, found.extra, found.extra_count) == (True, (("d", "a"), ("b", "c")), 2)


def test_members_of_a_cycle_share_a_wave() -> None:
    text = export(cyclic(), "argocd")[0]
    assert verify(cyclic(), text, target="argocd").ok
    moved = text.replace("'10'", "'20'", 1)
    assert verify(cyclic(), moved, target="argocd").split == (("a", "b"),)


def test_a_wave_that_is_too_early_is_noticed() -> None:
    plan = make_plan([], [depends("a", "b")])
    text = export(plan, "argocd")[0].replace("'10'", "'0'")
    assert verify(plan, text, target="argocd").missing == (("b", "a"),)


def test_an_unquoted_wave_is_refused() -> None:
    text = export(diamond(), "argocd")[0].replace("'10'", "10")
    with pytest.raises(InputError, match="not a quoted whole number"):
        verify(diamond(), text, target="argocd")


def test_the_health_check_is_there_with_a_comment() -> None:
    text = export(diamond(), "argocd")[0]
    config = next(item for item in yaml.safe_load_all(text) if item["kind"] == "ConfigMap")
    assert config["metadata"]["name"] == "argocd-cm"
    assert "hs.status" in config["data"]["resource.customizations.health.argoproj.io_Application"]
    assert "# Since 1.8 Argo CD does not judge the health of Applications." in text


@pytest.mark.parametrize("name", HOSTILE)
def test_application_names_are_dns_labels_and_paths_stay_inside(name: str) -> None:
    (found,) = applications(make_plan([node(name)], []))
    assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", str(found["metadata"]["name"]))
    source = found["spec"]["source"]
    assert source["path"] == f"apps/{found['metadata']['name']}"  # type: ignore[index]


def test_children_do_not_sync_by_themselves() -> None:
    assert all("syncPolicy" not in item["spec"] for item in applications(diamond()))


def test_resources_are_not_exported() -> None:
    link = depends("a", "d", kind=Kind.DATABASE)
    plan = make_plan([node("d", NodeKind.DATABASE)], [link])
    assert [item["metadata"]["annotations"][SERVICE] for item in applications(plan)] == ["a"]  # type: ignore[index]
