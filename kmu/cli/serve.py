"""Serves a model over HTTP with the paths and JSON of TensorFlow Serving, on Ray Serve."""

import argparse
import dataclasses

from kmu.serving.settings import ServeSettings

HELP = "serve a model over HTTP, as TensorFlow Serving would"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu serve``: the model, and every field of ServeSettings."""
    parser.add_argument(
        "--model",
        help="base path <name>/ with numbered versions, a version folder, or the name of a model "
        "that came with kmu (default: the one it uses itself)",
    )
    parser.add_argument("--name", help="the model's name in the paths (default: its folder's)")
    parser.add_argument("--cluster", help="address of a running Ray cluster, such as 'auto'")
    parser.add_argument("--metrics-port", type=int, help="port for Prometheus")
    for item in dataclasses.fields(ServeSettings):
        rule = item.metadata
        unit = f", {rule['unit']}" if rule["unit"] else ""
        parser.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=type(item.default),
            default=item.default,
            help=f"{rule['help']} (default: {item.default}{unit})",
        )


def run(arguments: argparse.Namespace) -> None:
    """Serves until it is told to stop."""
    from kmu.serving.server import serve_until_stopped

    fields = (item.name for item in dataclasses.fields(ServeSettings))
    settings = ServeSettings(**{name: getattr(arguments, name) for name in fields})
    serve_until_stopped(
        arguments.model,
        settings,
        cluster=arguments.cluster,
        name=arguments.name,
        metrics_port=arguments.metrics_port,
    )
