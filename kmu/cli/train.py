"""Trains the networks, from simulated data to a SavedModel; ``python -m kmu.train`` is the same."""

import argparse

HELP = "train the networks on simulated recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of :mod:`kmu.train`."""
    from kmu import train

    train.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Runs :mod:`kmu.train`."""
    from kmu import train

    return train.run(arguments)
