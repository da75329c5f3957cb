"""Cases, runs, lengths, laws and calibrations."""

import atexit
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from . import _nanomold
from ._result import columns, read_result

_folder = None


def _scratch():
    """A folder that goes with the process."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="nanomold_"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


def shipped():
    """The folder with the cases, materials, facts and molds that come with the program.

    It lasts as long as the process: copy what is to be kept.

    Returns
    -------
    pathlib.Path
        ``shipped() / "cases" / "ni_d60_297C.toml"``, ``… / "cases" / "materials"``, ``… / "meshes"``.
    """
    folder = _scratch() / "shipped"
    if not folder.exists():
        for name, text in _nanomold.SHIPPED:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


def materials():
    """Names of the materials that come with the program: list of str."""
    return sorted(path.stem for path in (shipped() / "cases" / "materials").glob("*.toml"))


def _material(material):
    """The path of a material that is named by a path or by a shipped name."""
    name = os.fspath(material)
    if not isinstance(name, str):
        raise TypeError("a material is a path or the name of one that is shipped")
    if name in materials():
        return shipped() / "cases" / "materials" / f"{name}.toml"
    if not os.path.exists(name):
        known = ", ".join(materials())
        raise _nanomold.InputError(f"there is no material {name!r}: a path of a material file, or one of {known}")
    return pathlib.Path(name).resolve()


def _sets(overrides, more=()):
    """Overrides as the program takes them; ``__`` stands for the dot in keywords."""
    pairs = dict(overrides or {})
    pairs.update({key.replace("__", "."): value for key, value in dict(more).items()})
    return [f"{key}={_text(value)}" for key, value in pairs.items()]


def _text(value):
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    # JSON's texts, numbers and lists are TOML's; so are true and false.
    return json.dumps(value)


class Case:
    """A case that has been read and checked. ``nanomold.load_case`` makes one.

    Attributes
    ----------
    name, description, model, material : str
    warnings : list of str
        What is to be said about it before it is run.
    """

    def __init__(self, path, sets, inner):
        self._path, self._sets, self._inner = path, sets, inner

    name = property(lambda self: self._inner.name, doc="Name of the case.")
    description = property(lambda self: self._inner.description, doc="What the case is.")
    model = property(lambda self: self._inner.model, doc="'full' or 'reduced'.")
    material = property(lambda self: self._inner.material, doc="Name of the material.")
    warnings = property(lambda self: self._inner.warnings, doc="What is to be said about it before it is run.")

    def to_toml(self):
        """The case with material, mesh and every default written out: a file that stands alone (str)."""
        return self._inner.to_toml()

    def __repr__(self):
        return f"<nanomold.Case {self.name!r}: {self.material}, {self.model} model>"


def load_case(path, overrides=None, **more):
    """Reads and checks a case.

    Parameters
    ----------
    path : path of a case file
    overrides : dict, optional
        Values by dotted key, as ``--set``: ``{"pore.diameter_nm": 30, "mesh.cells_per_radius": 16}``.
    **more
        The same as keywords, with ``__`` for the dot: ``pore__diameter_nm=30``.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        What is wrong, with line, caret and what would be right: the text of the program.
    """
    path, sets = pathlib.Path(path), _sets(overrides, more)
    return Case(path, sets, _nanomold.load_case(path, sets))


def run(case, out=None, *, progress=None, force=False, revolve=False):
    """Runs a case on the CPU, as ``nanomold run`` does.

    Other Python threads go on meanwhile; Ctrl-C and exceptions of ``progress`` end the run.

    Parameters
    ----------
    case : Case, or the path of a case file
    out : path, optional
        Folder for everything that ``nanomold run`` leaves. Without it nothing stays on disk.
    progress : callable, optional
        Called with the time (s) and the length (nm) after every step of the full model.
    force : bool
        Replace an earlier result in ``out``.
    revolve : bool
        Also write every frame of fields in three dimensions.

    Returns
    -------
    Result

    Raises
    ------
    FolderError, SimulationError
    """
    if not isinstance(case, Case):
        case = load_case(case)
    if progress is not None and not callable(progress):
        raise TypeError("progress is called with the time in s and the length in nm")
    if out is not None:
        out = pathlib.Path(out)
        _nanomold.run(case._inner, out, bool(force), bool(revolve), progress)
        return read_result(out)
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        folder = pathlib.Path(folder) / "run"
        _nanomold.run(case._inner, folder, False, bool(revolve), progress)
        result = read_result(folder)
        result.frames  # read while they are there
        result.folder = None
        return result


def lengths(d, T, p, t, material, *, case=None, overrides=None):
    """Lengths of wires by the reduced model (flat front, no slip), the numbers of ``nanomold sweep --model reduced``.

    The arguments are broadcast against each other. All cores compute, and other Python threads go on meanwhile; a length takes
    some microseconds.

    Parameters
    ----------
    d : float or array
        Diameters of the pores in nm.
    T : float or array
        Temperatures in °C.
    p : float or array
        Pressures in GPa.
    t : float or array
        Times in s.
    material : path of a material file, or the name of one that is shipped (``nanomold.materials()``)
    case : path of a case file, optional
        For the mold, capillarity and the length at the beginning; default is the mold of ``meshes/standard.toml``, a front at
        rest at the mouth as cases have it.
    overrides : dict, optional
        Values by dotted key, as ``load_case`` takes them.

    Returns
    -------
    numpy.ndarray
        Lengths in nm, in the shape that the arguments broadcast to.

    Raises
    ------
    InputError
        For the first value that is not valid, with its place in the flattened arrays.
    """
    arrays = np.broadcast_arrays(*(np.asarray(values, dtype=np.float64) for values in (d, T, p, t)))
    shape = arrays[0].shape
    material = _material(material)
    sets = _sets(overrides)
    if case is None:
        case = shipped() / "cases" / "lengths.toml"
        if not case.exists():
            case.write_text(_LENGTHS, encoding="utf-8")
    sets = [f"material_file={json.dumps(str(material))}", 'model="reduced"', *sets]
    found = _nanomold.lengths(pathlib.Path(case), sets, [array.tobytes() for array in arrays])
    return np.frombuffer(found, dtype=np.float64).reshape(shape).copy()


_LENGTHS = """\
material_file = "materials/ni45pd35p16b4.toml"
mesh_file = "../meshes/standard.toml"
model = "reduced"

[pore]
diameter_nm = 60

[process]
temperature_C = 297
pressure_GPa = 1.25
time_s = 36000
"""


def properties(material, T, *, time=36_000.0, overrides=None):
    """What a material's laws give, as ``nanomold properties``.

    Parameters
    ----------
    material : path of a material file, or the name of one that is shipped
    T : float or array
        Temperatures in °C.
    time : float
        Duration of the experiment in s: it sets the kinetic glass transitions.
    overrides : dict, optional
        Values of the material by dotted key.

    Returns
    -------
    dict of str to numpy.ndarray
        Columns in the shape of ``T``: ``T_C``, ``eta_newtonian_Pa_s``, ``eta_apparent_Pa_s``, ``D_interface_m2_per_s``,
        ``delta_D_interface_m3_per_s``, ``d_c_nm``, ``tau_bulk_s``, ``tau_interface_s``, ``D_bulk_m2_per_s``.
    """
    at = np.asarray(T, dtype=np.float64)
    found = _nanomold.properties(_material(material), _sets(overrides), at.tobytes(), float(time))
    table = {"T_C": at.copy()}
    table.update({name: np.frombuffer(column, dtype=np.float64).reshape(at.shape).copy() for name, column in found})
    return table


def calibrate(data, material, *, out=None, overrides=None, **options):
    """Fits a material to measured lengths, as ``nanomold calibrate``.

    Parameters
    ----------
    data : path of a CSV table with ``d_nm, T_C, p_GPa, t_s, L_nm`` or other units in the names
    material : path of a material file, or the name of one that is shipped: where it starts
    out : path, optional
        Folder for tables, pictures and the fitted material. Without it nothing stays on disk.
    overrides : dict, optional
        Values of the material by dotted key.
    **options
        The program's options, with ``_`` for ``-``: ``draws=400``, ``drop_outliers=True``, ``model="eq"``.

    Returns
    -------
    dict
        ``tables``: every CSV table by its name, as columns; ``material``: the text of the fitted material file, or None;
        ``text``: what the program said.

    Raises
    ------
    InputError, SimulationError
    """
    call = ["calibrate", os.fspath(data), "--material", str(_material(material))]
    for key, value in options.items():
        name = "--" + key.replace("_", "-")
        if value is True:
            call.append(name)
        elif value is not False and value is not None:
            call += [name, str(value)]
    for one in _sets(overrides):
        call += ["--set", one]
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        folder = pathlib.Path(folder) / "calibration" if out is None else pathlib.Path(out)
        # In a process of its own: it takes a while, and Ctrl-C ends it.
        done = subprocess.run(
            [sys.executable, "-m", "nanomold", *call, "--out", str(folder)], capture_output=True, encoding="utf-8"
        )
        if done.returncode != 0:
            kind = _nanomold.InputError if done.returncode == 2 else _nanomold.SimulationError
            raise kind(done.stderr.strip())
        tables = {path.stem: columns(path) for path in sorted(folder.glob("*.csv"))}
        fitted = sorted(folder.glob("*.toml"))
        return {
            "tables": tables,
            "material": fitted[0].read_text(encoding="utf-8") if fitted else None,
            "text": done.stdout,
        }
