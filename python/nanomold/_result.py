"""Results: tables as columns, fields as arrays with coordinates and units."""

import base64
import csv
import json
import pathlib
import xml.etree.ElementTree
import zlib
from dataclasses import dataclass, field

import numpy as np

from . import _nanomold


def columns(path):
    """A CSV table as a dict of columns: numbers where all cells are numbers or empty (NaN), else texts."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    if not rows:
        return {}
    table = {}
    for index, name in enumerate(rows[0]):
        cells = [row[index] if index < len(row) else "" for row in rows[1:]]
        try:
            table[name] = np.array([float(cell) if cell else np.nan for cell in cells])
        except ValueError:
            table[name] = np.array(cells)
    return table


@dataclass
class Field:
    """Values with their unit: ``values`` of shape (cells,) or (cells, 3), vectors as radial, azimuthal, axial."""

    name: str
    unit: str
    values: np.ndarray = field(repr=False)


@dataclass
class Frame:
    """The fields of one moment.

    ``fields`` are those of the liquid's cells; ``r_nm`` and ``z_nm`` their middles, ``points_nm`` (points, 3) and ``cells``
    (cells, 4) the quadrilaterals. ``layer`` and ``front`` hold the fields along the interface layer and the free front, whose
    points are ``layer_points_nm`` and ``front_points_nm`` (radius, height).
    """

    time_s: float
    points_nm: np.ndarray = field(repr=False)
    cells: np.ndarray = field(repr=False)
    fields: dict = field(repr=False)
    layer: dict = field(repr=False)
    layer_points_nm: np.ndarray = field(repr=False)
    front: dict = field(repr=False)
    front_points_nm: np.ndarray = field(repr=False)

    @property
    def r_nm(self):
        """Radius of the middle of each cell in nm."""
        return self.points_nm[self.cells][:, :, 0].mean(axis=1)

    @property
    def z_nm(self):
        """Height of the middle of each cell above the mold face in nm."""
        return self.points_nm[self.cells][:, :, 2].mean(axis=1)

    def to_xarray(self):
        """An ``xarray.Dataset`` on the grid (z_nm, r_nm), NaN where there is no liquid. Needs xarray."""
        import xarray

        low = self.points_nm[self.cells].min(axis=1)
        high = self.points_nm[self.cells].max(axis=1)
        axes, middles = [], []
        for k in (2, 0):
            edges, place = np.unique(low[:, k], return_inverse=True)
            middle = np.empty(len(edges))
            middle[place] = (low[:, k] + high[:, k]) / 2
            axes.append(place)
            middles.append(middle)
        data = {}
        for name, one in self.fields.items():
            values = np.full((len(middles[0]), len(middles[1]), *one.values.shape[1:]), np.nan)
            values[axes[0], axes[1]] = one.values
            names = ("z_nm", "r_nm") + (("component",) if one.values.ndim == 2 else ())
            data[name] = (names, values, {"units": one.unit})
        coordinates = {
            "z_nm": ("z_nm", middles[0], {"units": "nm"}),
            "r_nm": ("r_nm", middles[1], {"units": "nm"}),
            "component": ["radial", "azimuthal", "axial"],
        }
        return xarray.Dataset(data, coordinates, {"time_s": self.time_s})

    def to_pyvista(self):
        """A ``pyvista.UnstructuredGrid`` of the liquid's cells, x = r, z along the pore, in nm. Needs pyvista."""
        import pyvista

        cells = np.column_stack([np.full(len(self.cells), 4), self.cells]).ravel()
        grid = pyvista.UnstructuredGrid(cells, np.full(len(self.cells), pyvista.CellType.QUAD), self.points_nm)
        for name, one in self.fields.items():
            grid.cell_data[name] = one.values
        grid.field_data["TimeValue"] = [self.time_s]
        return grid


class Result:
    """What a run left.

    Attributes
    ----------
    record : dict
        ``run.json``: lengths, shares, error estimate, largest loads and so on.
    history : dict of str to numpy.ndarray
        ``history.csv``: one value per step, units in the names.
    frames : list of Frame
        The fields, in time; empty with the reduced model and with ``output.frames = 0``.
    folder : pathlib.Path or None
    """

    def __init__(self, folder):
        self.folder = folder
        self.record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        self.history = columns(folder / "history.csv")
        self._frames = None

    @property
    def length_nm(self):
        """The length at the end in nm (float)."""
        return self.record["length_nm"]

    @property
    def frames(self):
        if self._frames is None:
            self._frames = _frames(self.folder)
        return self._frames

    @property
    def fields(self):
        """The fields of the last frame by name, or an empty dict."""
        return self.frames[-1].fields if self.frames else {}

    def to_pandas(self):
        """The history as a ``pandas.DataFrame``. Needs pandas."""
        import pandas

        return pandas.DataFrame(self.history)

    def __repr__(self):
        return f"<nanomold.Result {self.record['case']!r}: {self.length_nm:.2f} nm after {self.record['time_s']:g} s>"


def read_result(folder):
    """Reads the folder of a run that ended: of ``nanomold run``, of ``run(…, out=…)`` or of a point of a sweep.

    Returns
    -------
    Result

    Raises
    ------
    FolderError
        If there is no result, or one of its files cannot be understood.
    """
    folder = pathlib.Path(folder)
    if not (folder / "run.json").is_file():
        raise _nanomold.FolderError(f"{folder} holds no result: run.json is missing")
    try:
        return Result(folder)
    except (OSError, ValueError, KeyError) as error:
        raise _nanomold.FolderError(f"{folder}: {error}") from error


def _frames(folder):
    if (folder / "flow.vtkhdf").exists():
        raise _nanomold.FolderError(f"{folder / 'flow.vtkhdf'}: read it with pyvista or h5py, or write with output.format = \"pvd\"")
    try:
        pieces = {name: _collection(folder / f"{name}.pvd") for name in ("flow", "layer", "front")}
        return [_frame(time, pieces) for time in pieces["flow"]]
    except (OSError, ValueError, KeyError, zlib.error, xml.etree.ElementTree.ParseError) as error:
        raise _nanomold.FolderError(f"{folder}: the fields cannot be read: {error}") from error


def _collection(path):
    if not path.exists():
        return {}
    found = xml.etree.ElementTree.parse(path).getroot().findall("Collection/DataSet")
    return {float(one.get("timestep")): path.parent / one.get("file") for one in found}


def _frame(time, pieces):
    bulk, points, cells = _piece(pieces["flow"][time])
    layer, layer_points, _ = _piece(pieces["layer"][time])
    front, front_points = {}, np.empty((0, 3))
    if time in pieces["front"]:
        front, front_points, _ = _piece(pieces["front"][time])
    lines = [line[:, [0, 2]] for line in (layer_points, front_points)]
    return Frame(time, points, cells.reshape(-1, 4), bulk, layer, lines[0], front, lines[1])


_KINDS = {"Float64": "<f8", "Int64": "<i8", "UInt8": "u1"}


def _piece(path):
    """Fields, points and connectivity of a file that the program wrote."""
    root = xml.etree.ElementTree.parse(path).getroot()
    compressor = root.get("compressor")
    if compressor not in (None, "vtkZLibDataCompressor"):
        raise ValueError(f"{path.name} is compressed with lz4: read it with pyvista, or write with output.compression = \"zlib\"")
    data = root[0]
    units = {}
    for array in data.iterfind("FieldData/DataArray"):
        if array.get("Name") == "units":
            lines = bytes(int(code) for code in array.text.split()).decode("utf-8").split("\n")
            units = dict(line.split(": ") for line in lines)
    piece = data.find("Piece")
    points = _array(piece.find("Points/DataArray"), compressor)
    fields = {}
    for array in [*piece.iterfind("CellData/DataArray"), *piece.iterfind("PointData/DataArray")]:
        name = array.get("Name")
        unit = units.get(name, "1")
        fields[name] = Field(name, "" if unit == "1" else unit, _array(array, compressor))
    cells = [array for array in piece.iter("DataArray") if array.get("Name") == "connectivity"]
    return fields, points, _array(cells[0], compressor)


def _array(element, compressor):
    text = element.text or ""
    if compressor is None:
        data = base64.b64decode(text)[8:]
    else:
        # Header and data are encoded each by itself: number of blocks, two sizes, the size of each block.
        blocks = int(np.frombuffer(base64.b64decode(text[:12])[:8], "<u8")[0])
        length = (8 * (3 + blocks) + 2) // 3 * 4
        sizes = np.frombuffer(base64.b64decode(text[:length]), "<u8")[3:]
        packed = base64.b64decode(text[length:])
        ends = np.cumsum(sizes).astype(int)
        data = b"".join(zlib.decompress(packed[end - int(size) : end]) for size, end in zip(sizes, ends))
    values = np.frombuffer(data, _KINDS[element.get("type")]).copy()
    components = int(element.get("NumberOfComponents", "1"))
    return values.reshape(-1, components) if components > 1 else values
