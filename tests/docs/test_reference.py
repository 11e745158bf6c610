"""Every setting of a study file is explained on one page, in the words of the code."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.docs_parts.pages import BEGIN, END, pages
from scripts.docs_parts.rooms import ROOMS, misplaced
from scripts.docs_parts.tables import MODELS
from tests.docs.pages import PAGES, ROOT, name

WRITTEN = dict(pages())


def told() -> Iterator[tuple[str, str, str]]:
    """Every (table, kind, setting) that has a row in the reference of some page; the kind is empty without any."""
    for page in PAGES:
        for block in re.findall(f"{BEGIN}(.*?){END}", page.read_text(encoding="utf-8"), re.DOTALL):
            for section in re.split(r"^### ", block, flags=re.MULTILINE)[1:]:
                heading, _, text = section.partition("\n")
                place = heading.strip("`[]")
                with_kinds = "| kind | setting |" in text
                for row in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
                    first, second, *_ = row.split(" | ")
                    if "](" in row.rsplit(" | ")[-1]:
                        continue
                    for kind in first.split(", ") if with_kinds else ("",):
                        yield place, kind.strip("`"), (second if with_kinds else first).strip("`")


def stated() -> Iterator[tuple[str, str, str]]:
    """Every (table, kind, setting) of the models' own JSON Schemas."""
    yield from (("At the top", "", setting) for setting in ("name", "seed"))
    for section, model in MODELS.items():
        schema = model.model_json_schema()
        yield from within(section, "", schema, schema.get("$defs", {}))


def within(place: str, kind: str, schema: dict[str, Any], models: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for setting, described in schema["properties"].items():
        ways = [described, *described.get("anyOf", []), *described.get("oneOf", [])]
        ways += [way for each in described.get("anyOf", []) for way in each.get("oneOf", [])]
        inner = [models[way["$ref"].rsplit("/", 1)[1]] for way in ways if "$ref" in way]
        by_name = any("enum" in way for way in ways)
        if setting != "kind" and (not inner or by_name):
            yield place, kind, setting
        # A table that is a setting of a kind has no heading of its own: its kinds are those of the setting's name.
        if not kind:
            for each in inner:
                yield from within(
                    f"{place}.{setting}", each["properties"].get("kind", {}).get("const", ""), each, models
                )


def test_every_setting_of_the_models_stands_on_exactly_one_page() -> None:
    assert Counter(told()) == Counter(stated())


def test_every_hyperparameter_has_one_room() -> None:
    assert misplaced() == []


def test_a_hyperparameter_without_a_room_is_named() -> None:
    assert misplaced([*(each for _, names in ROOMS.values() for each in names), "warp"]) == [
        "warp has 0 rooms in scripts/docs_parts/rooms.py"
    ]


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_the_reference_of_the_page_is_what_the_code_says(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == WRITTEN[page], "run scripts/docs"


@pytest.mark.parametrize(("page", "title"), [(page, title) for page, (title, _) in ROOMS.items()])
def test_a_room_bears_the_title_by_which_it_is_linked(page: str, title: str) -> None:
    assert (ROOT / "docs" / page).read_text(encoding="utf-8").startswith(f"# {title}\n")


@pytest.mark.thorough
def test_the_front_door_says_that_all_is_in_step() -> None:
    answer = subprocess.run([ROOT / "scripts" / "docs", "--check"], capture_output=True, text=True, check=True)
    assert "in step" in answer.stdout
