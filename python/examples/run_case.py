"""Runs a case by the full solver, coarse and quick, and looks at its fields."""
import numpy as np

import nanomold

case = nanomold.load_case(
    nanomold.shipped() / "cases" / "ni_d60_297C.toml",
    pore__diameter_nm=40,
    mesh__cells_per_radius=8,
    front__model="flat",
    output__frames=3,
)
steps = []
result = nanomold.run(case, progress=lambda time_s, length_nm: steps.append(length_nm))
print(result, f"in {len(steps)} steps")
print(f"layer: {100 * result.record['layer_share']:.1f} % of the volume")

last = result.frames[-1]
speed = np.linalg.norm(result.fields["velocity_nm_per_s"].values, axis=1)
fastest = np.argmax(speed)
print(f"fastest at r = {last.r_nm[fastest]:.1f} nm, z = {last.z_nm[fastest]:.1f} nm: {speed[fastest]:.2e} nm/s")
print("wall:", ", ".join(f"{one.name} in {one.unit}" for one in last.layer.values()))
