"""Nanomolding of metallic glasses: viscous flow of the bulk coupled to diffusion in the wire-mold interface layer.

Lengths are in nm, temperatures in °C, pressures in GPa, times in s; every other name carries its unit.

>>> import nanomold
>>> round(float(nanomold.lengths(60, 297, 1.25, 36000, "ni45pd35p16b4")))
276

``load_case`` and ``run`` compute a case as ``nanomold run`` does; ``lengths`` the reduced model at many points;
``properties`` a material's laws; ``calibrate`` a material from measured lengths; ``read_result`` reads a folder of results.
Cases, materials and molds that come with the program lie in ``shipped()``.
"""

from ._nanomold import FolderError, InputError, SimulationError, __version__
from ._result import Field, Frame, Result, read_result
from ._work import Case, calibrate, lengths, load_case, materials, properties, run, shipped

__all__ = [
    "Case",
    "Field",
    "FolderError",
    "Frame",
    "InputError",
    "Result",
    "SimulationError",
    "__version__",
    "calibrate",
    "lengths",
    "load_case",
    "materials",
    "properties",
    "read_result",
    "run",
    "shipped",
]
