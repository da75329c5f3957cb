#!/usr/bin/env python3
"""Shows the velocity of the last frame of this run, both halves of the pore.

    python3 view.py              a window (drag to pan, wheel to zoom)
    python3 view.py --png FILE   a picture, without a window

Needs Python with vtk ("pip install vtk", "pip install pyvista"), or ParaView's pvpython.
"""
import pathlib
import sys
import xml.etree.ElementTree

import vtk

folder = pathlib.Path(__file__).resolve().parent
if (folder / "flow.vtkhdf").exists():
    reader = vtk.vtkHDFReader()
    reader.SetFileName(str(folder / "flow.vtkhdf"))
    reader.UpdateInformation()
    time = reader.GetOutputInformation(0).Get(vtk.vtkStreamingDemandDrivenPipeline.TIME_STEPS())[-1]
    reader.UpdateTimeStep(time)
else:
    frames = xml.etree.ElementTree.parse(folder / "flow.pvd").getroot().findall("Collection/DataSet")
    last = max(frames, key=lambda frame: float(frame.get("timestep")))
    time = float(last.get("timestep"))
    reader = vtk.vtkXMLUnstructuredGridReader()
    reader.SetFileName(str(folder / last.get("file")))
    reader.Update()
surface = vtk.vtkGeometryFilter()
surface.SetInputData(reader.GetOutputDataObject(0))
surface.Update()
visible = surface.GetOutput()
velocity = visible.GetCellData().GetArray("velocity_m_per_s")

# Dark blue to yellow, evenly in lightness: reads in grey and with any colour vision.
colors = vtk.vtkColorTransferFunction()
fastest = velocity.GetMaxNorm() or 1.0
palette = [(0.27, 0.00, 0.33), (0.23, 0.32, 0.55), (0.13, 0.57, 0.55), (0.37, 0.79, 0.38), (0.99, 0.91, 0.14)]
for index, shade in enumerate(palette):
    colors.AddRGBPoint(fastest * index / (len(palette) - 1), *shade)
colors.SetVectorModeToMagnitude()

renderer = vtk.vtkRenderer()
renderer.SetBackground(1, 1, 1)
for side in (1, -1):
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(visible)
    mapper.SetScalarModeToUseCellFieldData()
    mapper.SelectColorArray("velocity_m_per_s")
    mapper.SetLookupTable(colors)
    mapper.UseLookupTableScalarRangeOn()
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    actor.SetScale(side, 1, 1)
    actor.GetProperty().LightingOff()
    renderer.AddActor(actor)

bar = vtk.vtkScalarBarActor()
bar.SetLookupTable(colors)
bar.SetTitle("speed (m/s)")
bar.SetNumberOfLabels(5)
bar.SetLabelFormat("%.2e")
bar.UnconstrainedFontSizeOn()
for text, size in ((bar.GetTitleTextProperty(), 20), (bar.GetLabelTextProperty(), 18)):
    text.SetColor(0, 0, 0)
    text.SetFontSize(size)
    text.ItalicOff()
    text.ShadowOff()
bar.SetPosition(0.84, 0.1)
bar.SetWidth(0.13)
renderer.AddViewProp(bar)

caption = vtk.vtkTextActor()
caption.SetInput(f"t = {time:.4g} s")
caption.GetTextProperty().SetColor(0, 0, 0)
caption.GetTextProperty().SetFontSize(22)
caption.SetPosition(20, 20)
renderer.AddViewProp(caption)

camera = renderer.GetActiveCamera()
camera.ParallelProjectionOn()
camera.SetPosition(0, -1, 0)
camera.SetFocalPoint(0, 0, 0)
camera.SetViewUp(0, 0, 1)
renderer.ResetCamera()
bounds = visible.GetBounds()
camera.SetParallelScale(0.55 * max(bounds[5] - bounds[4], 2 * bounds[1]))

window = vtk.vtkRenderWindow()
window.SetSize(1200, 900)
window.SetWindowName(str(folder))
window.AddRenderer(renderer)
if "--png" in sys.argv:
    window.SetOffScreenRendering(1)
    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(sys.argv[sys.argv.index("--png") + 1])
    writer.SetInputConnection(grab.GetOutputPort())
    writer.Write()
else:
    interactor = vtk.vtkRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    interactor.SetInteractorStyle(vtk.vtkInteractorStyleImage())
    window.Render()
    interactor.Start()
