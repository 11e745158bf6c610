"""A tree of plain values as YAML that people can read; no more of YAML than manifests need."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_NOT_TEXT = re.compile(r"(?i:true|false|yes|no|on|off|y|n|null)")


def yaml_text(tree: Mapping[str, Any]) -> str:
    """The tree in YAML's block style.

    >>> print(yaml_text({"kind": "Job", "args": ["-c", 2], "spec": {"off": True, "env": [{"name": "A", "v": "1"}]}}))
    kind: Job
    args:
      - "-c"
      - 2
    spec:
      "off": true
      env:
        - name: A
          v: "1"
    <BLANKLINE>
    """
    return "".join(f"{line}\n" for line in _lines(tree))


def _lines(node: Any) -> list[str]:
    if isinstance(node, Mapping) and node:
        return [line for key, value in node.items() for line in _under(f"{_scalar(key)}:", value)]
    if isinstance(node, Sequence) and not isinstance(node, str) and node:
        return [line for each in node for line in _item(each)]
    return [_scalar(node)]


def _under(head: str, value: Any) -> list[str]:
    if isinstance(value, (Mapping, list, tuple)) and value:
        return [head, *(f"  {line}" for line in _lines(value))]
    return [f"{head} {_scalar(value)}"]


def _item(value: Any) -> list[str]:
    first, *others = _lines(value)
    return [f"- {first}", *(f"  {line}" for line in others)]


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _NOT_TEXT.fullmatch(value):
        return value
    return json.dumps(value)  # a text of JSON is a text of YAML
