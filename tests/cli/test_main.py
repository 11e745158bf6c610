from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from tests.cli.commands import command, environment, run
from tuner.cli.main import COMMANDS


def test_help_names_every_command(call):
    out = call("--help").stdout
    assert all(name in out and text.split()[0] in out for name, text in COMMANDS.items())


@pytest.mark.parametrize("name", [*COMMANDS])
def test_every_command_helps(call, name):
    result = call(name, "--help")
    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.stdout


def test_the_version_is_told(call):
    assert call("--version").stdout.startswith("tuner ")


@pytest.mark.parametrize(("word", "meant"), [("serch", "search"), ("stuides", "studies"), ("worker!", "worker")])
def test_an_unknown_command_is_named_with_the_nearest_one(refused, word, meant):
    said = refused(word)
    assert f'there is no command "{word}"' in said
    assert f'Did you mean "{meant}"?' in said


def test_an_unknown_option_is_refused(refused):
    assert "--trails" in refused("search", "--study", "small", "--trails", "3")


def test_check_says_what_is_searched(call):
    result = call("check", "--study", "small")
    assert result.exit_code == 0
    assert "studies/small.toml is fine: 2 hyperparameters to search" in result.stdout
    assert "{ low = 0.001, high = 0.1, log = true }" in result.stdout
    tree = json.loads(call("check", "--study", "small", "--json").stdout)
    assert tree["searched"]["optimizer.kind"] == {"choices": ["sgd", "adam"]}


def test_check_names_every_mistake(refused, root):
    (root / "studies" / "small.toml").write_text(
        "[data]\nbuiltin = 'whine'\n[hyperparameters]\nepochs = 0\n[search]\npruner = 'medain'\n"
    )
    lines = refused("check", "--study", "small").splitlines()
    places = ["data.builtin", "hyperparameters.epochs", "search.pruner"]
    assert len(lines) == 3
    assert all(line.startswith(f"studies/small.toml: {place}") for line, place in zip(lines, places, strict=True))


def test_the_schema_is_json_and_takes_a_study(call, root):
    import tomllib

    schema = json.loads(call("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    study = tomllib.loads((root / "studies" / "small.toml").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(study)
    assert not validator.is_valid({**study, "hyperparameters": {"epochs": "many"}})


IIR = ("schedule", "iir", "--initial", "0.3", "--minimum", "1e-4", "--alpha", "0.9", "--alpha", "0.5")


def test_a_schedule_is_drawn_in_the_terminal(call):
    out = call(*IIR, "--epochs", "20").stdout
    assert "iir over 20 epochs" in out
    assert "alpha 0.9" in out
    assert "alpha 0.5" in out


@pytest.mark.parametrize("suffix", ["html", "png", "svg"])
def test_a_schedule_is_drawn_to_a_file(call, root, suffix):
    result = call(*IIR, "--output", f"lr.{suffix}")
    assert result.exit_code == 0
    content = (root / f"lr.{suffix}").read_bytes()
    if suffix == "png":
        assert content.startswith(b"\x89PNG")
    elif suffix == "svg":
        assert ElementTree.fromstring(content).tag.endswith("svg")
    else:
        assert b"plotly" in content


@pytest.mark.parametrize("what", ["learning_rate", "momentum"])
def test_what_a_studys_space_can_produce_is_drawn(call, root, what):
    with (root / "studies" / "small.toml").open("a") as file:
        file.write(
            "\n[hyperparameters.momentum]\nkind = 'rise'\nstart = { low = 0.0, high = 0.9 }\nmaximum = 0.95\n"
            "step = 0.1\n"
        )
    assert "10 samples" in call("schedule", "--study", "small", "--what", what).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("schedule",),
        ("schedule", "cosin", "--initial", "0.1"),
        ("schedule", "iir", "--initial", "0.1"),
        ("schedule", "iir", "--initial", "0.1", "--alpha", "7"),
        ("schedule", "iir", "--initial", "0.1", "--alpha", "0.5", "--output", "lr.gif"),
        ("schedule", "iir", "--initial", "0.1", "--alpha", "0.5", "--output", "nowhere/lr.html"),
        ("schedule", "constant", "--initial", "0.1", "--alpha", "0.5"),
        ("schedule", "constant", "--initial", "0.1", "--warmup-start", "0.5"),
        ("schedule", "one_cycle", "--initial", "0.1", "--shape", "square"),
        ("schedule", "--study", "nothing"),
        ("schedule", "--study", "small", "--what", "momentum", "--alpha", "0.5"),
        ("schedule", "--study", "small", "--warmup-epochs", "3"),
        ("check", "--study", "nothing"),
        ("check",),
        ("show", "--study", "small", "--root", "nowhere"),
        ("dashboard", "--port", "70000"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_with_a_message(refused, arguments):
    assert refused(*arguments)


def test_a_terminal_without_utf_8_shows_an_escape_and_no_traceback(root):
    folder = root / "Ω-runs"
    folder.mkdir()
    (folder / "small.toml").write_text((root / "studies" / "small.toml").read_text())
    result = run("check", "--study", str(folder / "small.toml"), "--root", str(root), PYTHONIOENCODING="latin-1")
    assert result.returncode == 0, result.stderr
    assert "\\u03a9-runs" in result.stdout
    missing = run("check", "--study", str(folder / "nothing.toml"), "--root", str(root), PYTHONIOENCODING="latin-1")
    assert missing.returncode == 2
    assert "\\u03a9-runs" in missing.stderr
    assert "Traceback" not in missing.stderr


@pytest.mark.parametrize("arguments", [("schema",), ("check", "--study", "small"), ("--help",)])
def test_an_output_that_cannot_be_written_is_one_sentence(root, arguments):
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            command(*arguments),
            cwd=root,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "the output cannot be written: No space left on device\n"
