"""The pages are complete, and hang together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.docs.pages import PAGES, ROOT, name, prose
from tuner.cli.main import main

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
WORDS = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands() -> dict[str, click.Command]:
    context = click.Context(main)
    assert isinstance(main, click.Group)
    found = {command: main.get_command(context, command) for command in main.list_commands(context)}
    whole = {"": main, **{command: at for command, at in found.items() if at is not None}}
    groups = {command: at for command, at in whole.items() if command and isinstance(at, click.Group)}
    parts = {
        f"{command} {part}": at
        for command, group in groups.items()
        for part, at in group.commands.items()
        if not at.hidden
    }
    return {**whole, **parts}


def options(command: click.Command) -> Iterator[str]:
    for parameter in command.get_params(click.Context(command)):
        if isinstance(parameter, click.Option):
            yield from (option for option in (*parameter.opts, *parameter.secondary_opts) if option.startswith("--"))


@pytest.mark.parametrize("command", [command for command in commands() if command])
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`tuner {command}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", commands())
def test_every_option_of_the_command_is_in_the_documentation(command: str) -> None:
    absent = [option for option in options(commands()[command]) if not re.search(rf"{option}(?![\w-])", WORDS)]
    assert not absent


def test_no_option_is_spoken_of_that_no_command_has() -> None:
    known = {option for command in commands().values() for option in options(command)}
    spoken = {option for page in PAGES for option in re.findall(r"`(--[a-z-]+)", prose(page))}
    assert spoken <= known


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), link
        if anchor:
            assert anchor in anchors(there), link


def anchors(page: Path) -> set[str]:
    """The headings of a page as links call them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in LINK.findall(prose(ROOT / "README.md"))}
    assert {name(page) for page in PAGES[1:]} <= linked
