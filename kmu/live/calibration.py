"""What is fixed once the units of a stream are known: unmixing as one matrix, and scales.

From the frame to the courses that the signal regressor sees, all that the model does is linear
and the same for every frame: resampling in space, unmixing, means over territories. Their product
is one matrix on the stream's own pixels. Drift and jolts are the window's, which commute with it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kmu.identification.jolts import FrameLevels
from kmu.live.model import Model
from kmu.live.registration import RunningPower
from kmu.motor_units import MotorUnits

# The courses of a unit: unmixed, mean of its territory, mean of what it shares; see
# ``kmu.models.signals.Signals.cleaned``. The mean of the whole image is one course for all.
PER_UNIT = 3


@dataclass(frozen=True, eq=False)
class Calibration:
    """The units of a stream and all that is fixed with them.

    Attributes:
        units: found in, or given for, the frames of the calibration.
        projection: (3 K + 1, Z * X) float32; times a frame in mm/s it gives the K unmixed
            velocities, the K means inside, the K means in what is shared, the mean everywhere.
        scale: (K,) float32, mm/s, root mean square of the unmixed trains.
        power: (Z, X) float32, mm/s, root mean square of the velocity without drift.
        seen: share of the pixels that ever move.
    """

    units: MotorUnits
    projection: NDArray[np.float32]
    scale: NDArray[np.float32]
    power: NDArray[np.float32]
    seen: float

    def shifted(self, shift: tuple[float, float]) -> "Calibration":
        """The same units seen by a probe under which the image moved by ``shift`` (pixels)."""
        if not any(shift):
            return self
        images = self.projection.reshape(-1, *self.power.shape)
        # The mean of the whole image stays.
        moved = [ndimage.shift(image, shift, order=1) for image in images[:-1]]
        moved.append(images[-1])
        return replace(self, projection=np.stack(moved).reshape(self.projection.shape))


def calibrate(
    velocity: NDArray[np.float32],
    spacing: tuple[float, float],
    model: Model,
    units: MotorUnits,
) -> Calibration:
    """Fixes how units are unmixed.

    Args:
        velocity: (T, Z, X) float32 in mm/s, at the model's frame rate.
        spacing: (dz, dx) in mm.
        model: that unmixes.
        units: on the same pixels.
    """
    from keras import ops

    from kmu.models.grid import grid_matrices, resample_space
    from kmu.models.unmixing import solve_ridge

    identifier, count = model.identifier, len(units)
    config = identifier.config
    sizes = np.array([spacing], np.float32)
    normal, scale = identifier.grid(velocity[None], np.array([model.frame_rate], np.float32), sizes)
    frames, *shape = normal.shape[1:]
    pixels = int(np.prod(shape))
    flat = ops.reshape(normal, (1, frames, pixels))
    matrices = grid_matrices(config.grid, velocity.shape[1:], ops.convert_to_tensor(sizes[0]))
    down = [np.asarray(one) for one in matrices]
    everywhere = np.full((1, pixels), 1 / pixels, np.float32)
    rows, rms = everywhere, np.zeros(0, np.float32)
    if count:
        mask = ops.clip(resample_space(units.territory[None], *matrices), 0.0, 1.0)
        mask = ops.reshape(mask, (1, count, pixels))
        weight = identifier.signals.unmixing_weights(flat, mask, tuple(shape))
        gram = ops.matmul(weight, ops.transpose(weight, (0, 2, 1)))
        unmixing = np.asarray(solve_ridge(gram, weight, config.signal.ridge))[0]
        inside = np.asarray(mask)[0]
        shared = inside * np.minimum(inside.sum(0) - inside, 1.0)
        means = [part / (part.sum(1, keepdims=True) + 1e-3) for part in (inside, shared)]
        rows = np.concatenate([unmixing, *means, everywhere])
        train = unmixing @ np.asarray(flat)[0].T * float(scale[0])
        rms = np.sqrt(np.mean(train**2, 1) + 1e-12).astype(np.float32)
    own = np.einsum("kzx,zi,xj->kij", rows.reshape(-1, *shape), *down, optimize=True)
    levels, power = FrameLevels(velocity.shape[1:]), RunningPower(model.step, np.inf)
    levels.add(velocity)
    power.add(velocity)
    return Calibration(
        units=units,
        projection=np.ascontiguousarray(own.reshape(len(rows), -1), np.float32),
        scale=rms,
        power=power.map,
        seen=levels.seen,
    )
