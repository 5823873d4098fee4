"""All parameters of the simulator as a page of Markdown.

``python -m kmu.studies.parameters > kmu/docs/simulator_parameters.md`` writes it.
"""

import dataclasses

from kmu.config.base import Config
from kmu.config.repetition import RepetitionConfig
from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig


def parameter_tables(config: Config, title: str) -> str:
    """One table for a configuration and one for each of its sections, at any depth.

    Args:
        config: with the values to show.
        title: of the first table.
    """
    values = {item: getattr(config, item.name) for item in dataclasses.fields(config)}
    rows = [_row(item, value) for item, value in values.items() if not isinstance(value, Config)]
    head = "| parameter | default | unit | meaning | source |\n|---|---|---|---|---|"
    parts = ["\n".join([f"### {title}", "", head, *rows])] if rows else []
    for item, value in values.items():
        if isinstance(value, Config):
            parts.append(parameter_tables(value, item.name).strip())
    return "\n\n".join(parts) + "\n"


def _row(item: dataclasses.Field[object], value: object) -> str:
    rule = item.metadata
    if isinstance(value, tuple) and len(value) == 2 and not isinstance(value[0], str):
        shown = f"{value[0]} to {value[1]}"
        if item.name.endswith("diameter"):
            shown = f"{value[0]} ± {value[1]}"
        if item.name == "spacing":
            shown = f"{value[0]} x {value[1]}"
    elif isinstance(value, tuple):
        shown = ", ".join(str(part) for part in value) or "none"
    else:
        shown = str(value)
    return f"| `{item.name}` | {shown} | {rule['unit']} | {rule['help']} | {rule['source']} |"


def family_table() -> str:
    """What each preset changes from the defaults."""
    default = SimulationConfig()
    rows = ["| family | differs from the defaults by |", "|---|---|"]
    for name, preset in SIMULATION_PRESETS.items():
        changes = []
        for item in dataclasses.fields(preset):
            ours, base = getattr(preset, item.name), getattr(default, item.name)
            if item.name == "family" or ours == base:
                continue
            if isinstance(ours, Config):
                changes += [
                    f"`{part.name}` {_short(getattr(ours, part.name))}"
                    for part in dataclasses.fields(ours)
                    if getattr(ours, part.name) != getattr(base, part.name)
                ]
            elif item.name == "mixture":
                shares = {part: ours.count(part) / len(ours) for part in dict.fromkeys(ours)}
                shown = ", ".join(f"{100 * share:.0f} % {part}" for part, share in shares.items())
                changes.append(f"`mixture` {shown}")
            else:
                changes.append(f"`{item.name}` {_short(ours)}")
        rows.append(f"| `{name}` | {'; '.join(changes)} |")
    return "\n".join(rows) + "\n"


def _short(value: object) -> str:
    if isinstance(value, tuple) and len(value) == 2:
        return f"{value[0]}" if value[0] == value[1] else f"{value[0]} to {value[1]}"
    return str(value)


def page() -> str:
    """The documentation's page of parameters."""
    return (
        "# Parameters of the simulator\n\n"
        "Made by `python -m kmu.studies.parameters`. A range of two numbers is domain\n"
        "randomization: one value is drawn from it, uniformly, for every recording. Any parameter\n"
        'can be changed by name: `kmu.simulate("low_force", seed=7, snr=(20, 20), duration=5.0)`.\n'
        "\n## Families\n\n"
        + family_table()
        + "\n## Parameters\n\n"
        + parameter_tables(SimulationConfig(), "recording")
        + "\n"
        + parameter_tables(RepetitionConfig(), "repetition")
    )


if __name__ == "__main__":
    print(page(), end="")
