#!/usr/bin/env python3
"""Reads a run folder with the real VTK and holds it against its own history.csv.

    vtk_reader.py RUN_FOLDER [--picture FILE]   check; exit code 1 and one line per problem if anything is wrong
    vtk_reader.py --self-test RUN_FOLDER        damage copies of a good folder: each damage must be noticed

Checked: the collections and every piece are readable; arrays, components, finite values, units; cells exactly where there is
liquid; times, length, pressure and both flows against history.csv, the core flow also where a line is probed; a streamline
goes up the pore; a rendered picture shows something. With pyvista and meshio installed, their readers see the same.
"""
import argparse
import csv
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

FLOW = {"velocity_m_per_s": 3, "velocity_nm_per_s": 3, "pressure_Pa": 1, "shear_stress_Pa": 1, "strain_rate_per_s": 1}
GHOSTS = "vtkGhostType"
FRONT = {"curvature_per_m": 1, "normal_velocity_m_per_s": 1, "deposit_velocity_m_per_s": 1}
LAYER = {"arc_length_nm": 1, "normal_stress_Pa": 1, "layer_flux_m2_per_s": 1, "exchange_velocity_m_per_s": 1}
# What a free front leaves of each cell; only then is it written.
FRACTION = "liquid_fraction"
# The front is a smooth curve of which its file holds points half a cell apart: chords lose some 1e-3 of a bulge's volume.
CHORDS = 2e-3
HIDDEN = 32  # vtkDataSetAttributes::HIDDENCELL
# Lengths are written from the same f64, so only the decimal round trip separates them; 1e-6 is what the project asks.
LENGTH = 1e-6
# Cell-centred fields against integrals at the front: half a cell apart, at a singular contact line. Wrong units are
# off by a factor of ten at least.
FLOW_TOLERANCE = 0.1


class Problems(list):
    def expect(self, good, text):
        if not good:
            self.append(text)
        return bool(good)


class Piece:
    """One moment of a collection: a file of its own, or a time in a file with all of them."""

    def __init__(self, path, time=None):
        self.path, self.time = path, time
        self.name = path.name if time is None else f"{path.name} at {time} s"

    def is_file(self):
        return self.path.is_file()

    def read(self, problems):
        """A data set, or None; whatever VTK complains about becomes a problem."""
        readers = {
            ".vtu": vtk.vtkXMLUnstructuredGridReader,
            ".vtp": vtk.vtkXMLPolyDataReader,
            ".vts": vtk.vtkXMLStructuredGridReader,
            ".vtkhdf": vtk.vtkHDFReader,
        }
        reader = readers[self.path.suffix]()
        complaints = []
        for event in ("ErrorEvent", "WarningEvent"):
            reader.AddObserver(event, lambda *_, event=event: complaints.append(event))
            reader.GetExecutive().AddObserver(event, lambda *_, event=event: complaints.append(event))
        reader.SetFileName(str(self.path))
        if self.time is None:
            reader.Update()
        else:
            reader.UpdateTimeStep(self.time)
        found = reader.GetOutputDataObject(0)
        good = problems.expect(not complaints and found is not None, f"{self.name}: unreadable ({complaints})")
        return found if good else None


def check_field_data(piece, data, time, problems):
    """The time and the units, as field data."""
    stated = data.GetFieldData().GetArray("TimeValue")
    same = stated is not None and stated.GetNumberOfValues() == 1 and stated.GetTuple1(0) == time
    problems.expect(same, f"{piece.name}: TimeValue is not the frame's {time} s")
    units = data.GetFieldData().GetArray("units")
    if not problems.expect(units is not None, f"{piece.name}: no units"):
        return
    units = dict(line.split(": ") for line in bytes(vtk_to_numpy(units)).decode("utf-8").split("\n"))
    names = {"coordinates"}
    for values in (data.GetCellData(), data.GetPointData()):
        names |= {values.GetArrayName(i) for i in range(values.GetNumberOfArrays())} - {GHOSTS}
    problems.expect(set(units) == names, f"{piece.name}: units of {sorted(set(units) ^ names)}")
    words = {"Pa": "_Pa", "m/s": "_m_per_s", "nm/s": "_nm_per_s", "1/s": "_per_s", "nm": "_nm", "m²/s": "_m2_per_s", "1/m": "_per_m"}
    for name, unit in units.items():
        good = name == "coordinates" and unit == "nm" or name.endswith(words.get(unit, "")) and (unit in words) == (unit != "1")
        problems.expect(good, f"{piece.name}: {name} in {unit}")


class Half:
    """The liquid of the half plane on the rectangle of its grid lines: what is not liquid is 0 and not `seen`."""

    def __init__(self, grid, values, r=None, z=None):
        points = vtk_to_numpy(grid.GetPoints().GetData()).astype(float)
        self.r = np.unique(points[:, 0]) if r is None else r
        self.z = np.unique(points[:, 2]) if z is None else z
        corners = vtk_to_numpy(grid.GetCells().GetConnectivityArray()).reshape(-1, 4)
        self.whole = (np.array([grid.GetCellType(i) for i in range(grid.GetNumberOfCells())]) == vtk.VTK_QUAD).all()
        low = points[corners].min(axis=1)
        place = (np.searchsorted(self.z, low[:, 2]), np.searchsorted(self.r, low[:, 0]))
        shape = (len(self.z) - 1, len(self.r) - 1)
        self.seen = np.zeros(shape, bool)
        self.seen[place] = True
        self.whole &= self.seen.sum() == len(corners)
        self.values = {}
        for name, array in values.items():
            self.values[name] = np.zeros(shape + array.shape[1:])
            self.values[name][place] = array


def arrays(data, wanted, path, problems):
    """The named arrays as numpy, or None if any is missing or malformed."""
    found = {}
    for name, components in wanted.items():
        array = data.GetArray(name)
        if not problems.expect(array is not None, f"{path.name}: array {name} is missing"):
            continue
        count = array.GetNumberOfComponents()
        if problems.expect(count == components, f"{path.name}: {name} has {count} components, not {components}"):
            found[name] = vtk_to_numpy(array).astype(float)
            problems.expect(np.isfinite(found[name]).all(), f"{path.name}: {name} is not finite")
    return found if len(found) == len(wanted) else None


def collection(path, problems):
    """(time, file) of a .pvd, in order."""
    frames = [
        (float(frame.get("timestep")), path.parent / frame.get("file"))
        for frame in xml.etree.ElementTree.parse(path).getroot().findall("Collection/DataSet")
    ]
    problems.expect(len(frames) > 0, f"{path.name}: no frames")
    times = [time for time, _ in frames]
    problems.expect(times == sorted(set(times)), f"{path.name}: times do not increase")
    present = [file.is_file() for _, file in frames]
    problems.expect(all(present), f"{path.name}: names a file that is missing")
    return [(time, Piece(file)) for (time, file), there in zip(frames, present) if there]


def series(folder, name, problems):
    """(time, piece) of `name`.pvd or `name`.vtkhdf."""
    path = folder / f"{name}.vtkhdf"
    if not path.exists():
        return collection(folder / f"{name}.pvd", problems)
    reader = vtk.vtkHDFReader()
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    times = reader.GetOutputInformation(0).Get(vtk.vtkStreamingDemandDrivenPipeline.TIME_STEPS())
    problems.expect(times, f"{path.name}: unreadable, no frames")
    return [(time, Piece(path, time)) for time in times or ()]


def row_at(history, time):
    """The row of history.csv at a frame's time, or None."""
    return next((row for row in history if math.isclose(row["time_s"], time, rel_tol=1e-9)), None)


def check_layer(path, row, problems):
    """The pore radius as a function of height, and the height of the tip (nm)."""
    wall = path.read(problems)
    if wall is None:
        return None
    values = arrays(wall.GetPointData(), LAYER, path, problems)
    one_line = wall.GetNumberOfCells() == 1 and wall.GetCellType(0) == vtk.VTK_POLY_LINE
    if values is None or not problems.expect(one_line, f"{path.name}: not one poly-line"):
        return None
    points = vtk_to_numpy(wall.GetPoints().GetData()).astype(float)
    ids = wall.GetCell(0).GetPointIds()
    order = [ids.GetId(i) for i in range(ids.GetNumberOfIds())]
    problems.expect(order == list(range(len(points))), f"{path.name}: the line does not follow its points")
    problems.expect((points[:, 1] == 0).all(), f"{path.name}: points leave the plane y = 0")
    arcs = values["arc_length_nm"]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    problems.expect((np.diff(arcs) > 0).all(), f"{path.name}: the arc length does not increase")
    # A chord is never longer than its arc; on the straight walls they are equal but for round-off.
    problems.expect((steps <= np.diff(arcs) * (1 + LENGTH)).all(), f"{path.name}: arc length shorter than the line")
    tip = points[-1, 2]
    if row is not None:
        problems.expect(
            math.isclose(tip, row["contact_length_nm"], rel_tol=LENGTH),
            f"{path.name}: ends at {tip} nm, contact line in history.csv {row['contact_length_nm']} nm",
        )
        flow = 2 * math.pi * points[-1, 0] * 1e-9 * values["layer_flux_m2_per_s"][-1] * 1e27
        compare_flow("layer", flow, row, path, problems)
    pore = points[points[:, 2] >= 0]
    pore = pore[np.argmin(pore[:, 0]):] if len(pore) else points
    return lambda z: np.interp(z, pore[:, 2], pore[:, 0]), tip


def check_front(path, row, problems):
    """A free front: from the axis to the contact line, at the lengths of the history."""
    front = path.read(problems)
    if front is None or arrays(front.GetPointData(), FRONT, path, problems) is None:
        return
    points = vtk_to_numpy(front.GetPoints().GetData()).astype(float)
    r, z = points[:, 0], points[:, 2]
    problems.expect(front.GetNumberOfCells() == 1 and front.GetCellType(0) == vtk.VTK_POLY_LINE, f"{path.name}: not one poly-line")
    problems.expect(r[0] == 0 and (points[:, 1] == 0).all(), f"{path.name}: does not start on the axis of the half plane")
    if row is None:
        return
    # Volume below straight pieces, exactly.
    pieces = np.diff(r) * (r[:-1] * (2 * z[:-1] + z[1:]) + r[1:] * (z[:-1] + 2 * z[1:])) / 3
    for name, found, tolerance in (
        ("tip_length_nm", z[0], LENGTH),
        ("contact_length_nm", z[-1], LENGTH),
        ("length_nm", pieces.sum() / r[-1] ** 2, CHORDS),
    ):
        problems.expect(
            math.isclose(found, row[name], rel_tol=tolerance),
            f"{path.name}: {name} {found}, in history.csv {row[name]}",
        )


def check_wire(path, front_piece, problems):
    """The wire's surface: nowhere wider than the pore, as high as the front."""
    wire = path.read(problems)
    front = front_piece.read(problems)
    if wire is None or front is None:
        return
    points = vtk_to_numpy(wire.GetPoints().GetData()).astype(float)
    edge = vtk_to_numpy(front.GetPoints().GetData()).astype(float)
    radius, top = np.hypot(points[:, 0], points[:, 1]).max(), points[:, 2].max()
    good = math.isclose(radius, edge[:, 0].max(), rel_tol=LENGTH) and math.isclose(top, edge[:, 2].max(), rel_tol=LENGTH)
    problems.expect(good, f"{path.name}: radius {radius} nm, height {top} nm are not those of {front_piece.name}")


def compare_flow(kind, flow, row, path, problems):
    total = row["core_flow_nm3_per_s"] + row["layer_flow_nm3_per_s"]
    stated = row[f"{kind}_flow_nm3_per_s"]
    problems.expect(
        abs(flow - stated) <= FLOW_TOLERANCE * total,
        f"{path.name}: {kind} flow {flow:.4g} nm³/s, history.csv {stated:.4g}",
    )


def check_flow(path, time, row, wall, problems):
    """Arrays, places, units. Returns the share of the grid's area without liquid."""
    grid = path.read(problems)
    if grid is None:
        return
    check_field_data(path, grid, time, problems)
    wanted = FLOW | ({FRACTION: 1} if grid.GetCellData().HasArray(FRACTION) else {})
    found = arrays(grid.GetCellData(), wanted, path, problems)
    if found is None:
        return
    half = Half(grid, found)
    r, z, seen, values = half.r, half.z, half.seen, half.values
    points = vtk_to_numpy(grid.GetPoints().GetData())
    problems.expect(r[0] == 0 and (points[:, 1] == 0).all(), f"{path.name}: not the half plane r >= 0, y = 0")
    problems.expect(half.whole, f"{path.name}: not one quadrilateral between grid lines each")
    velocity = values["velocity_m_per_s"]
    problems.expect(np.abs(velocity[seen]).max() > 0, f"{path.name}: nothing moves")
    in_nm = np.allclose(values["velocity_nm_per_s"], velocity * 1e9, rtol=1e-12, atol=0)
    problems.expect(in_nm, f"{path.name}: velocities in m/s and in nm/s differ")
    if wall is None:
        return
    radius, tip = wall
    zc, rc = (z[1:] + z[:-1]) / 2, (r[1:] + r[:-1]) / 2
    inside = (zc[:, None] < 0) | (rc[None, :] < radius(zc)[:, None])
    fraction = values.get(FRACTION)
    if fraction is None:
        liquid = inside & (zc[:, None] < tip)
    else:
        proper = (fraction >= 0).all() and (fraction <= 1).all() and (fraction[~inside] == 0).all()
        problems.expect(proper, f"{path.name}: {FRACTION} is not a share of the liquid's cells")
        # All of the reservoir, and what the front leaves of the pore.
        liquid = (fraction > 0) | (inside & (zc[:, None] < 0))
    problems.expect((seen == liquid).all(), f"{path.name}: cells differ from the wall in {(seen != liquid).sum()} cells")
    if row is None or not seen.any():
        return
    rings = math.pi * np.diff(r**2)
    volume = (rings * (liquid if fraction is None else fraction))[zc > 0].sum(axis=1)
    length = (volume * np.diff(z)[zc > 0]).sum() / (math.pi * radius(tip) ** 2)
    problems.expect(
        math.isclose(length, row["length_nm"], rel_tol=LENGTH if fraction is None else CHORDS),
        f"{path.name}: as much liquid as in {length} nm, length in history.csv {row['length_nm']} nm",
    )
    # The last row that the wall wets all along.
    top = np.flatnonzero(z[1:] <= tip * (1 + LENGTH)).max()
    compare_flow("core", (velocity[top, :, 2] * 1e9 * rings)[seen[top]].sum(), row, path, problems)
    compare_flow("core", probed_flow(grid, (z[top] + z[top + 1]) / 2, radius(tip)), row, path, problems)
    if velocity[0, 0, 2] > 0:
        height = streamline(grid, r[1] / 2, z)
        problems.expect(height > 0.5 * tip, f"{path.name}: a streamline ends at {height} nm, the wire at {tip} nm")
    inlet = np.average(values["pressure_Pa"][0], weights=rings) * 1e-9
    # At z = -H the normal stress is the applied pressure and the viscous part is small.
    problems.expect(
        math.isclose(inlet, row["pressure_GPa"], rel_tol=0.1),
        f"{path.name}: inlet pressure {inlet:.4g} GPa, history.csv {row['pressure_GPa']:.4g}",
    )
    areas = np.outer(np.diff(z), np.diff(r))
    return areas[~seen].sum() / areas.sum()


def probed(grid, start, end, count):
    """The grid's cell values at points along a line, and which of them are in a cell."""
    line = vtk.vtkLineSource()
    line.SetPoint1(start)
    line.SetPoint2(end)
    line.SetResolution(count - 1)
    probe = vtk.vtkProbeFilter()
    probe.SetInputConnection(line.GetOutputPort())
    probe.SetSourceData(grid)
    probe.Update()
    data = probe.GetOutput().GetPointData()
    return vtk_to_numpy(data.GetArray("velocity_nm_per_s")), vtk_to_numpy(data.GetArray("vtkValidPointMask")) == 1


def probed_flow(grid, height, radius):
    """The core flow through a pore at a height (nm³/s), from a line across it; NaN if a point of the line is in no cell."""
    count = 201
    velocity, hit = probed(grid, (0, 0, height), (radius * (1 - 1e-9), 0, height), count)
    if not hit.all():
        return math.nan
    r = np.linspace(0, radius, count)
    return 2 * math.pi * np.trapezoid(velocity[:, 2] * r, r)


def streamline(grid, r, z):
    """How high a streamline comes that begins beside the axis in the middle of the reservoir (nm)."""
    tracer = vtk.vtkStreamTracer()
    tracer.SetInputData(grid)
    tracer.SetInputArrayToProcess(0, 0, 0, vtk.vtkDataObject.FIELD_ASSOCIATION_CELLS, "velocity_nm_per_s")
    tracer.SetStartPosition(r, 0, z[0] / 2)
    tracer.SetMaximumPropagation(10 * (z[-1] - z[0]))
    tracer.SetMaximumNumberOfSteps(100_000)
    tracer.SetIntegrationDirectionToForward()
    tracer.Update()
    return tracer.GetOutput().GetBounds()[5]


def check_revolved(path, flow_piece, problems):
    """A revolved frame is its bulk frame in every section, with the velocity turned along."""
    solid, plane = path.read(problems), flow_piece.read(problems)
    if solid is None or plane is None:
        return
    # Every field of the half plane, whatever it is.
    data = plane.GetCellData()
    every = {data.GetArrayName(i): data.GetArray(i).GetNumberOfComponents() for i in range(data.GetNumberOfArrays())}
    turned = arrays(solid.GetCellData(), every | {GHOSTS: 1}, path, problems)
    flat = arrays(data, every, flow_piece, problems)
    if turned is None or flat is None:
        return
    dimensions = [0, 0, 0]
    solid.GetDimensions(dimensions)
    nr, sections, nz = (n - 1 for n in dimensions)
    points = vtk_to_numpy(solid.GetPoints().GetData()).astype(float).reshape(nz + 1, sections + 1, nr + 1, 3)
    r, z = points[0, 0, :, 0], points[:, 0, 0, 2]
    lines = [vtk_to_numpy(plane.GetPoints().GetData())[:, k] for k in (0, 2)]
    same = sections >= 3 and all(np.isin(mine, all_).all() for mine, all_ in zip(lines, (r, z)))
    if not problems.expect(same, f"{path.name}: {dimensions} points do not revolve {flow_piece.name}"):
        return
    half = Half(plane, flat, r, z)
    flat = half.values | {GHOSTS: np.where(half.seen, 0, HIDDEN)}
    radii = np.hypot(points[..., 0], points[..., 1])
    placed = np.allclose(radii, r, rtol=LENGTH, atol=LENGTH * r[-1]) and np.allclose(points[..., 2].T, z, rtol=LENGTH)
    problems.expect(placed, f"{path.name}: points are not those of {flow_piece.name} revolved")
    problems.expect((points[:, 0] == points[:, -1]).all(), f"{path.name}: the seam is open")
    for name, array in flat.items():
        if array.ndim == 3:
            continue
        repeated = np.broadcast_to(array.reshape(nz, 1, nr), (nz, sections, nr))
        equal = (turned[name].reshape(nz, sections, nr) == repeated).all()
        problems.expect(equal, f"{path.name}: {name} differs from {flow_piece.name}")
    angles = 2 * math.pi * (np.arange(sections) + 0.5) / sections
    cos, sin = np.cos(angles)[None, :, None], np.sin(angles)[None, :, None]
    for name in ("velocity_m_per_s", "velocity_nm_per_s"):
        u, w = (flat[name].reshape(nz, 1, nr, 3)[..., k] for k in (0, 2))
        expected = np.stack(np.broadcast_arrays(u * cos, u * sin, w), axis=-1)
        error = np.abs(turned[name].reshape(expected.shape) - expected).max()
        problems.expect(
            error <= LENGTH * np.abs(expected).max(), f"{path.name}: {name} is not that of {flow_piece.name} turned"
        )


def field_pixels(path):
    """The part of a PNG left of the colour bar, as height x width x RGB, and which of its pixels are coloured."""
    reader = vtk.vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    width, height, _ = reader.GetOutput().GetDimensions()
    pixels = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars()).reshape(height, width, -1)
    field = pixels[:, : width * 4 // 5, :3].astype(int)
    return field, np.ptp(field, axis=2) > 0


def check_picture(folder, picture, hidden_share, problems):
    """The folder's own view.py renders it. Text is grey, so only coloured pixels count: a Poiseuille profile alone
    has as many colours as there are cells across the pore, 8 at least; where there is no liquid it must stay white."""
    done = subprocess.run([sys.executable, folder / "view.py", "--png", picture], capture_output=True, text=True)
    if not problems.expect(done.returncode == 0 and picture.is_file(), f"view.py: failed\n{done.stderr}"):
        return
    field, coloured = field_pixels(picture)
    count = len(np.unique(field[coloured], axis=0))
    if problems.expect(count >= 8, f"{picture.name}: only {count} colours but grey, nothing to see"):
        rows, columns = np.nonzero(coloured)
        box = coloured[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        white = 1 - box.mean()
        # One pixel on each edge of some 300 pixels is 1 %.
        problems.expect(
            abs(white - hidden_share) < 0.03,
            f"{picture.name}: {white:.3f} of the picture is white, {hidden_share:.3f} of the grid has no liquid",
        )


def check_others(pvd, frames, problems):
    """What pyvista and meshio see is what VTK sees; each only where it is installed."""
    time, piece = frames[-1]
    grid = piece.read(problems)
    pressure = vtk_to_numpy(grid.GetCellData().GetArray("pressure_Pa"))
    points = vtk_to_numpy(grid.GetPoints().GetData())
    try:
        import pyvista
    except ImportError:
        print("pyvista is not installed: not tried", file=sys.stderr)
    else:
        reader = pyvista.get_reader(str(pvd))
        problems.expect(list(reader.time_values) == [t for t, _ in frames], "pyvista: other times")
        reader.set_active_time_value(time)
        mesh = reader.read()[0]
        same = (mesh.cell_data["pressure_Pa"] == pressure).all() and mesh.n_cells == len(pressure)
        problems.expect(same, "pyvista: other pressures")
        first = pyvista.read(str(pvd))[0]
        problems.expect(first.field_data["TimeValue"][0] == frames[0][0], "pyvista.read: not the first time")
        low, high = points[:, 2].min(), points[:, 2].max()
        line = mesh.sample_over_line((points[:, 0].max() / 1e3, 0, low * (1 - 1e-9)), (points[:, 0].max() / 1e3, 0, high * 0.9), resolution=200)
        problems.expect(line["vtkValidPointMask"].all(), f"pyvista: {line['vtkValidPointMask'].sum()} of 201 points of a line are in a cell")
    try:
        import meshio
    except ImportError:
        print("meshio is not installed: not tried", file=sys.stderr)
        return
    try:
        mesh = meshio.read(piece.path)
    except (Exception, SystemExit) as error:
        lz4 = "vtkLZ4DataCompressor" in piece.path.read_bytes()[:400].decode("utf-8")
        problems.expect(lz4, f"meshio: {piece.name} is unreadable: {error}")
        return
    same = (mesh.points == points).all() and (np.concatenate(mesh.cell_data["pressure_Pa"]) == pressure).all()
    problems.expect(same, f"meshio: {piece.name} has other points or pressures")


def check(folder, picture):
    problems = Problems()
    needed = ["run.json", "history.csv", "view.py"]
    one_file = (folder / "flow.vtkhdf").exists()
    needed += ["flow.vtkhdf", "layer.vtkhdf"] if one_file else ["flow.pvd", "layer.pvd"]
    for name in needed:
        problems.expect((folder / name).is_file(), f"{name} is missing")
    for name in ("RUNNING", "FAILED.txt"):
        problems.expect(not (folder / name).exists(), f"{name} is there: the run did not finish")
    if problems:
        return problems
    with open(folder / "history.csv", newline="", encoding="utf-8") as file:
        history = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    if not problems.expect(history, "history.csv has no rows"):
        return problems
    numbers = [value for row in history for value in row.values()]
    problems.expect(np.isfinite(numbers).all(), "history.csv: not finite")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    last = history[-1]
    problems.expect(
        math.isclose(record["length_nm"], last["length_nm"], rel_tol=LENGTH),
        f"run.json: length {record['length_nm']} nm, history.csv {last['length_nm']} nm",
    )
    flow, layer = (series(folder, name, problems) for name in ("flow", "layer"))
    problems.expect([time for time, _ in flow] == [time for time, _ in layer], "flow and layer differ in time")
    for frames, name in ((flow, "flow"), (layer, "layer")):
        same = frames and math.isclose(frames[-1][0], last["time_s"], rel_tol=1e-9)
        problems.expect(same, f"{name}: the last time is not that of history.csv ({last['time_s']} s)")
    for (time, flow_piece), (_, layer_piece) in zip(flow, layer):
        row = row_at(history, time)
        wall = check_layer(layer_piece, row, problems)
        hidden_share = check_flow(flow_piece, time, row, wall, problems)
    if (folder / "front.pvd").exists() or (folder / "front.vtkhdf").exists():
        front = series(folder, "front", problems)
        problems.expect([t for t, _ in front] == [t for t, _ in flow], "front and flow differ in time")
        for time, piece in front:
            check_front(piece, row_at(history, time), problems)
        if (folder / "wire.pvd").exists():
            wire = collection(folder / "wire.pvd", problems)
            problems.expect([t for t, _ in wire] == [t for t, _ in flow], "wire and flow differ in time")
            for (_, piece), (_, front_piece) in zip(wire, front):
                check_wire(piece, front_piece, problems)
    if (folder / "revolved.pvd").exists():
        revolved = collection(folder / "revolved.pvd", problems)
        problems.expect([t for t, _ in revolved] == [t for t, _ in flow], "revolved and flow differ in time")
        for (_, piece), (_, flow_piece) in zip(revolved, flow):
            check_revolved(piece, flow_piece, problems)
    if not problems and not one_file:
        check_others(folder / "flow.pvd", flow, problems)
    if not problems:
        check_picture(folder, picture, hidden_share, problems)
    return problems


def edit_text(path, change):
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def edit_last(column, factor):
    """Multiplies a number of the history's last row."""

    def damage(folder):
        lines = (folder / "history.csv").read_text(encoding="utf-8").splitlines()
        place = lines[0].split(",").index(column)
        cells = lines[-1].split(",")
        cells[place] = repr(float(cells[place]) * factor)
        (folder / "history.csv").write_text("\n".join(lines[:-1] + [",".join(cells)]) + "\n", encoding="utf-8")

    return damage


def edit_flow(name, change, kind="flow"):
    """Replaces one array of the last flow (or revolved) piece."""
    shape = {"flow": "UnstructuredGrid", "revolved": "StructuredGrid"}[kind]

    def damage(folder):
        piece = collection(folder / f"{kind}.pvd", Problems())[-1][1]
        grid = getattr(vtk, f"vtk{shape}")()
        grid.DeepCopy(piece.read(Problems()))
        data = grid.GetCellData()
        values = change(vtk_to_numpy(data.GetArray(name)).copy())
        data.RemoveArray(name)
        if values is not None:
            array = numpy_to_vtk(values, deep=True)
            array.SetName(name)
            data.AddArray(array)
        write(grid, shape, piece)

    return damage


def write(grid, shape, piece):
    writer = getattr(vtk, f"vtkXML{shape}Writer")()
    writer.SetFileName(str(piece.path))
    writer.SetInputData(grid)
    writer.Write()


def edit_grid(change):
    """Changes the points or cells of the last flow piece."""

    def damage(folder):
        piece = collection(folder / "flow.pvd", Problems())[-1][1]
        grid = vtk.vtkUnstructuredGrid()
        grid.DeepCopy(piece.read(Problems()))
        write(change(grid), "UnstructuredGrid", piece)

    return damage


def first_cell_gone(grid):
    keep = vtk.vtkExtractCells()
    keep.SetInputData(grid)
    ids = vtk.vtkIdList()
    for cell in range(1, grid.GetNumberOfCells()):
        ids.InsertNextId(cell)
    keep.SetCellList(ids)
    keep.Update()
    keep.GetOutput().GetCellData().RemoveArray("vtkOriginalCellIds")
    return keep.GetOutput()


def in_micrometres(grid):
    vtk_to_numpy(grid.GetPoints().GetData())[:] *= 1e-3
    return grid


def without_time(grid):
    grid.GetFieldData().RemoveArray("TimeValue")
    return grid


def other_units(grid):
    units = bytes(vtk_to_numpy(grid.GetFieldData().GetArray("units"))).replace(b": Pa", b": GPa")
    grid.GetFieldData().RemoveArray("units")
    array = numpy_to_vtk(np.frombuffer(units, np.uint8), deep=True)
    array.SetName("units")
    grid.GetFieldData().AddArray(array)
    return grid


def with_nan(values):
    values[np.flatnonzero(values)[0]] = math.nan
    return values


def cut(folder):
    path = series(folder, "layer", Problems())[-1][1].path
    path.write_bytes(path.read_bytes()[:-200])


DAMAGES = {
    "length off by 3e-6": (edit_last("length_nm", 1 + 3 * LENGTH), "run.json"),
    "contact line off by 3e-6": (edit_last("contact_length_nm", 1 + 3 * LENGTH), "ends at"),
    "velocity with 2 components": (edit_flow("velocity_m_per_s", lambda v: v[:, :2].copy()), "components"),
    "pressure gone": (edit_flow("pressure_Pa", lambda v: None), "missing"),
    "NaN in the stress": (edit_flow("shear_stress_Pa", with_nan), "not finite"),
    "velocity in nm/s": (edit_flow("velocity_m_per_s", lambda v: v * 1e9), "core flow"),
    "pressure in GPa": (edit_flow("pressure_Pa", lambda v: v * 1e-9), "inlet pressure"),
    "one cell too few": (edit_grid(first_cell_gone), "cells differ"),
    "coordinates in micrometres": (edit_grid(in_micrometres), "as much liquid"),
    "no time": (edit_grid(without_time), "TimeValue"),
    "units in GPa": (edit_grid(other_units), "in GPa"),
    "velocities that differ": (edit_flow("velocity_nm_per_s", lambda v: 1.001 * v), "differ"),
    "cut piece": (cut, "unreadable"),
    "missing piece": (lambda f: collection(f / "flow.pvd", Problems())[0][1].path.unlink(), "missing"),
    "last frame not listed": (lambda f: edit_text(f / "flow.pvd", drop_last_frame), "last time"),
    "run still going": (lambda f: (f / "RUNNING").touch(), "did not finish"),
    "edges in the picture": (lambda f: edit_text(f / "view.py", show_edges), "white"),
    "empty picture": (lambda f: edit_text(f / "view.py", lambda t: t.replace("renderer.AddActor(", "(")), "nothing to see"),
}

# For folders with all times in one file, whose arrays VTK cannot write.
ONE_FILE = ["length off by 3e-6", "contact line off by 3e-6", "cut piece", "run still going", "empty picture"]

# For folders with a free front.
FRONT_DAMAGES = {
    "tip off by 3e-6": (edit_last("tip_length_nm", 1 + 3 * LENGTH), "tip_length_nm"),
    "half the liquid": (edit_flow(FRACTION, lambda v: 0.5 * v), "as much liquid"),
    "more than all liquid": (edit_flow(FRACTION, lambda v: 1.01 * v), "not a share"),
    "front not listed": (lambda f: edit_text(f / "front.pvd", drop_last_frame), "differ in time"),
    "wire of another frame": (lambda f: edit_text(f / "wire.pvd", first_frame_only_file), "are not those of"),
}

# For folders that have revolved frames.
REVOLVED_DAMAGES = {
    "revolved velocity not turned": (edit_flow("velocity_m_per_s", lambda v: v[:, [1, 0, 2]], "revolved"), "turned"),
    "revolved pressure in GPa": (edit_flow("pressure_Pa", lambda v: v * 1e-9, "revolved"), "pressure_Pa differs"),
    "revolved mold shown": (edit_flow(GHOSTS, lambda v: 0 * v, "revolved"), "vtkGhostType differs"),
    "revolved field missing": (edit_flow("strain_rate_per_s", lambda v: None, "revolved"), "missing"),
    "revolved frame not listed": (lambda f: edit_text(f / "revolved.pvd", drop_last_frame), "differ in time"),
}


def show_edges(text):
    return text.replace("vtkGeometryFilter()", "vtkExtractEdges()")


def first_frame_only_file(text):
    """Every frame names the first one's file."""
    first = re.search(r'file="([^"]*)"', text).group(0)
    return re.sub(r'file="[^"]*"', first, text)


def drop_last_frame(text):
    lines = text.splitlines()
    last = max(i for i, line in enumerate(lines) if "<DataSet" in line)
    return "\n".join(lines[:last] + lines[last + 1:])


def self_test(good):
    """Every damage must be noticed, and for its own reason."""
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        problems = check(good, scratch / "good.png")
        if problems:
            print("the undamaged folder is refused:", *problems, sep="\n  ")
            return 1
        damages = DAMAGES
        if (good / "flow.vtkhdf").exists():
            damages = {name: damages[name] for name in ONE_FILE}
        damages = damages | (REVOLVED_DAMAGES if (good / "revolved.pvd").exists() else {})
        if (good / "front.pvd").exists():
            damages |= FRONT_DAMAGES
            if not (good / "wire.pvd").exists():
                del damages["wire of another frame"]
        for number, (name, (damage, word)) in enumerate(damages.items()):
            copy = scratch / str(number)
            shutil.copytree(good, copy)
            damage(copy)
            problems = check(copy, scratch / f"{number}.png")
            noticed = any(word in problem for problem in problems)
            failed += not noticed
            print(f"{'noticed' if noticed else 'NOT NOTICED'}: {name}: {problems[0] if problems else 'no problem'}")
    print(f"self-test: {len(damages) - failed} of {len(damages)} damages noticed")
    return int(failed > 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--picture", type=pathlib.Path, help="where to keep the rendered picture")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    # Keeps VTK's messages off the terminal; turning them off would silence the error events too.
    vtk.vtkOutputWindow.SetInstance(vtk.vtkStringOutputWindow())
    if options.self_test:
        return self_test(options.folder)
    with tempfile.TemporaryDirectory() as scratch:
        problems = check(options.folder, options.picture or pathlib.Path(scratch) / "picture.png")
    for problem in problems:
        print(problem)
    print(f"{options.folder}: {len(problems)} problems (VTK {vtk.VTK_VERSION})")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
