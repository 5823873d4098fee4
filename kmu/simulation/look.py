"""``simulate``: what a scanner sees of a scene, at either level, and the truth beside it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from kmu.config.repetition import RepetitionConfig
from kmu.config.simulation import SimulationConfig
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.simulation.artefacts import with_artefacts
from kmu.simulation.iq import IQStream
from kmu.simulation.repetition import Repetition
from kmu.simulation.scanner import draw_scanner
from kmu.simulation.scene import Scene, resolve, root_mean_square
from kmu.simulation.threads import single_thread
from kmu.velocity.estimation import band_pass


def simulate(
    config: str | SimulationConfig, seed: int, **overrides: Any
) -> tuple[Recording, MotorUnits]:
    """Simulates one recording.

    Example:
        >>> recording, truth = simulate("low_force", seed=7)
        >>> recording.velocity.shape
        (200, 64, 64)

    Args:
        config: the name of a preset, or a configuration.
        seed: 0 or more; the same seed gives the same bits on the same machine.
        **overrides: single parameters to change, such as ``duration=5.0`` or ``snr=(20, 20)``;
            see :meth:`kmu.config.simulation.SimulationConfig.override`.

    Returns:
        The recording, and as truth the units that have their fibres in the field of view and fire
        during it: territory (0.5 on the fibres' outline), twitch train in the recording's band,
        firings in s from the first frame, score 1.

    Raises:
        InputError: if there is no such preset or parameter, or a value is out of range.
    """
    with single_thread():
        scene = Scene.draw(resolve(config, **overrides), seed)
        return look(scene)


def simulate_series(
    config: str | SimulationConfig,
    seed: int,
    count: int,
    repetition: RepetitionConfig | None = None,
    **overrides: Any,
) -> Iterator[tuple[Recording, MotorUnits]]:
    """Simulates recordings of one muscle: the probe put on again, the contraction done again.

    Example:
        >>> first, second = simulate_series("low_force", 7, 2, RepetitionConfig(probe_shift=3.0))

    Args:
        config: the name of a preset, or a configuration.
        seed: 0 or more; another seed is another muscle.
        count: how many recordings.
        repetition: how far they differ.
        **overrides: single parameters to change; a force is that of the first recording.

    Yields:
        Recording and truth, as :func:`simulate`; a unit has the same id in all of them.

    Raises:
        InputError: as :func:`simulate`.
    """
    resolved = resolve(config, **overrides)
    width = resolved.lateral_pixels * resolved.spacing[1]
    for number in range(count):
        drawn = Repetition.draw(
            repetition or RepetitionConfig(), resolved.family, seed, number, width
        )
        with single_thread():
            seen = look(Scene.draw(resolved, seed, drawn))
        yield seen


def look(scene: Scene) -> tuple[Recording, MotorUnits]:
    """The recording of a scene and its truth in the same band."""
    config, rng = scene.config, np.random.default_rng(scene.scanner_seed)
    frames = np.arange(round(config.duration * config.frame_rate)) / config.frame_rate
    velocity, contribution = scene.units_velocity(frames)
    fast = draw_scanner(velocity.shape[1:], config.spacing, config.scanner, rng)
    high_pass = float(rng.uniform(*config.scanner.high_pass))
    size = root_mean_square(velocity) or 0.1
    velocity = fast.blur(velocity)
    velocity += scene.common_velocity(frames, size)
    if config.scanner.level == "fast":
        velocity = scene.disturbance.slid(velocity, frames, config.spacing[1])
        fast = with_artefacts(
            fast,
            scene.disturbance.lumen,
            config.spacing,
            config.disturbance,
            np.random.default_rng(scene.artefact_seed),
        )
        velocity = fast.see(velocity)
        noise_size = np.float32(size * 10 ** (-fast.snr / 20))
        ratio = config.scanner.averaging_time * config.frame_rate
        lag = round(ratio) if ratio >= 0.99 and abs(ratio - round(ratio)) < 0.01 else 0
        noise_stream = np.random.default_rng(scene.noise_seed)
        velocity += noise_size * fast.draw_noise(velocity.shape, lag, noise_stream)
        level_meta = {"snr_db": fast.snr}
    else:
        stream = IQStream(scene, size)
        seen = stream.velocity()
        error = root_mean_square(seen - velocity)
        level_meta = {
            "snr_db": 20 * float(np.log10(size / max(error, 1e-9))),
            "iq_snr_db": stream.snr,
            "centre_frequency_mhz": stream.scanner.centre_frequency / 1e6,
        }
        velocity = seen
    velocity = band_pass(velocity, config.frame_rate, high_pass, np.inf)
    contribution = band_pass(contribution.T, config.frame_rate, high_pass, np.inf).T
    truth = scene.truth(contribution)
    recording = Recording(
        velocity=velocity,
        frame_rate=config.frame_rate,
        spacing=config.spacing,
        meta={
            "family": config.family,
            "seed": scene.seed,
            "level": config.scanner.level,
            **level_meta,
            "active_units": len(truth),
            "units_out_of_view": len(scene.territory) - len(truth),
            "force_percent_mvc": scene.contraction.force,
            "profile": scene.contraction.profile,
            "muscle": scene.contraction.muscle.outline,
            "high_pass_hz": high_pass,
            "jolts_s": tuple(float(start) for start in scene.disturbance.jolt_times),
            **({"repetition": scene.repetition.describe()} if scene.repetition else {}),
        },
    )
    return recording, truth
