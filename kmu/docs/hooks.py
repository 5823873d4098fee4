"""What mkdocs makes of the code: the pages of verbs, parameters, changes and contributing.

``mkdocs.yml`` names this file; mkdocs and the tests read it. A page that is missing from the
navigation is found by mkdocs itself, which warns of it.
"""

import argparse
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages that are made from the code and from files at the top level."""
    from mkdocs.structure.files import File

    for path, text in generated().items():
        files.append(File.generated(config, path, content=text))
    return files


def generated() -> dict[str, str]:
    """All made pages: path in the site, Markdown."""
    return {
        "reference/verbs.md": verbs_page(),
        "reference/parameters.md": parameters_page(),
        "reference/changes.md": _from_top("CHANGELOG.md"),
        "reference/contributing.md": _from_top("CONTRIBUTING.md"),
    }


def _from_top(name: str) -> str:
    """A page of the top level; links into the docs lead to the pages of the site."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\(kmu/docs/", "](../", text)


def verbs_page() -> str:
    """Every verb with its usage and a table of its arguments, from the parsers themselves."""
    from kmu.cli import parser

    top = parser()
    verbs = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    parts = ["# Verbs of the command line", str(top.description)]
    for name, verb in verbs.choices.items():
        verb.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=88)
        usage = verb.format_usage().removeprefix("usage: ").strip()
        parts += [f"## kmu {name}", str(verb.description).strip(), f"```text\n{usage}\n```"]
        rows = [_row(action) for action in verb._actions if action.dest != "help"]
        parts.append("\n".join(["| argument | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _row(action: argparse.Action) -> str:
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    if not names:
        names = f"`{action.metavar or action.dest}`"
    elif action.nargs != 0:
        told = action.metavar or (action.dest.upper() if action.choices is None else "")
        named = " ".join(told) if isinstance(told, tuple) else told
        names += f" {named}" if named else ""
    meaning = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    if action.choices is not None:
        meaning += f"; one of {', '.join(f'`{choice}`' for choice in action.choices)}"
    return f"| {names} | {meaning} |".replace("\n", " ")


def parameters_page() -> str:
    """Every parameter of training and networks, with unit, default and source."""
    from kmu.config import TrainingConfig
    from kmu.studies.parameters import parameter_tables

    return (
        "# Parameters of training and networks\n\n"
        "`python -m kmu.train --config FILE.json` takes a file with any of them; fields that are "
        "left out keep their defaults. `DIR/config.json` of every run is such a file.\n\n"
        + parameter_tables(TrainingConfig(), "training")
    )
