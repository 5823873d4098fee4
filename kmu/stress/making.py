"""A stress recording and its truth, from the name of its family and an index."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.stress import motion, picture, territory
from kmu.stress.discharge import discharges, shared_drive
from kmu.stress.families import world_of
from kmu.stress.twitch import train_of
from kmu.stress.world import World

Floats = NDArray[np.float64]
_STREAMS = ("units", "drive", "drift", "jolts", "tremor", "artery", "level", "gain", "noise")
_LAGS = 5
"""Into how many strips a territory with lags is cut."""
_SUITE = 24_001
"""Separates the suite's random numbers from everyone else's."""


def make_recording(family: str, index: int) -> tuple[Recording, MotorUnits]:
    """Makes one recording of the suite.

    Recordings of one index have the same random numbers in every family: those of ``jolts`` are
    those of ``plain`` with jolts added, so families compare pair by pair.

    Args:
        family: one of :data:`kmu.stress.FAMILIES`.
        index: 0 or more.

    Returns:
        The recording and its true units: territory (the unit's own fibres, without the tissue that
        follows), twitch train where the territory is 1, firings.

    Raises:
        InputError: if there is no such family or the index is negative.
    """
    if index < 0:
        raise InputError(f"recording {index} of a stress family does not exist; begin at 0")
    world = world_of(family)
    velocity, truth = _velocity(world, index)
    meta = {"simulator": "kmu.stress", "family": family, "index": index}
    recording = Recording(velocity.astype(np.float32), world.frame_rate, world.spacing, meta)
    return recording, truth


def _random(index: int, *stream: int) -> np.random.Generator:
    return np.random.default_rng([_SUITE, index, *stream])


def _velocity(world: World, index: int) -> tuple[Floats, MotorUnits]:
    """(T, Z, X) velocity in mm/s and the true units."""
    rngs = {name: _random(index, k) for k, name in enumerate(_STREAMS)}
    times = np.arange(round(world.duration * world.frame_rate)) / world.frame_rate
    layers = territory.layers_of(world, rngs["units"])
    velocity, truth = _units(world, layers, times, index, rngs)
    if world.saturation:
        # Tissue that is displaced already moves less: never more, so mixing is sub-additive.
        moved = np.cumsum(velocity, axis=0) / world.frame_rate
        left = 1 / (1 + world.saturation * np.abs(moved) / (moved.std() or 1.0))
        velocity, truth = velocity * left, _lessened(truth, left)
    power = float(np.mean(velocity**2))
    if world.resting:
        velocity, truth = np.zeros_like(velocity), truth.select([])
    velocity += motion.drift(world, times, rngs["drift"])[:, None, None]
    if world.tremor:
        velocity += motion.tremor(world, times, world.tremor * power, rngs["tremor"])
    if world.artery:
        velocity += motion.artery(world, times, rngs["artery"])
    velocity *= picture.gain(world, layers, rngs["gain"])
    if world.jolts:
        velocity += motion.jolts(world, times, rngs["jolts"])
    level = picture.noise_level(world, layers, power, rngs["level"])
    velocity += picture.noise(world, len(times), level, rngs["noise"])
    return velocity, truth


def _lessened(truth: MotorUnits, left: Floats) -> MotorUnits:
    """Units of whose velocity the share ``left`` (T, Z, X) is left, averaged over a territory."""
    weights = truth.territory / truth.territory.sum((1, 2), keepdims=True)
    shares = np.einsum("tzx,kzx->kt", left, weights, optimize=True)
    return dataclasses.replace(truth, twitch_train=truth.twitch_train * shares)


def _units(
    world: World,
    layers: territory.Layers,
    times: Floats,
    index: int,
    rngs: dict[str, np.random.Generator],
) -> tuple[Floats, MotorUnits]:
    """(T, Z, X) what the units move, mm/s, and who they are."""
    count = int(rngs["units"].integers(world.units[0], world.units[1] + 1))
    drive = shared_drive(world, rngs["drive"])
    # Half of a slip of the probe lies on either side of where the truth says that units are.
    later = 1 / (1 + np.exp(-(times - world.duration / 2) / 0.02))
    shapes, trains, firings = [], [], []
    images, courses = [], []
    for k, centre in enumerate(territory.centres_of(world, layers, rngs["units"], count)):
        fired = discharges(world, drive, _random(index, 100, k))
        if not len(fired):
            continue
        shape, along = territory.outline(world, centre, _random(index, 101, k))
        train = train_of(world, fired, _random(index, 102, k), times)
        shapes.append(shape)
        trains.append(train)
        firings.append(fired)
        for part, image in enumerate(_parts(world, centre, shape, along, index, k)):
            images.append(image)
            if world.shift:
                courses.append(train * (later if part else 1 - later))
            else:
                # The truth is the middle strip's train: lags lie on both sides of it.
                lag = (part / (_LAGS - 1) - 0.5) * world.delay / 1000
                courses.append(train_of(world, fired, _random(index, 102, k), times, lag))
    truth = MotorUnits(
        territory=np.array(shapes, np.float32),
        twitch_train=np.array(trains, np.float32),
        firings=firings,
        score=np.ones(len(shapes), np.float32),
        frame_rate=world.frame_rate,
        spacing=world.spacing,
    )
    return np.tensordot(np.array(courses).T, np.array(images), axes=1), truth


def _parts(
    world: World, centre: Floats, shape: Floats, along: Floats, index: int, k: int
) -> list[Floats]:
    """The images (Z, X) of a unit that move each at its own time.

    One before and one after a slip of the probe, strips that lag ever more, or the one whole.
    """
    if world.shift:
        return [
            territory.response(
                world,
                territory.outline(world, centre, _random(index, 101, k), side * world.shift / 2)[0],
                _random(index, 103, k),
            )
            for side in (-1, 1)
        ]
    whole = territory.response(world, shape, _random(index, 103, k))
    if not world.delay:
        return [whole]
    place = (along + 1) / 2 * (_LAGS - 1)
    return [whole * np.clip(1 - np.abs(place - part), 0, 1) for part in range(_LAGS)]
