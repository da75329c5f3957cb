"""The transition from diffusion to flow: lengths over the diameter at the presses of the paper's Fig. 5, without running the solver."""
import numpy as np

import nanomold

d = np.geomspace(8, 250, 200)  # nm
for T, p, t in [(327, 1.0, 300), (297, 1.25, 36_000), (267, 2.0, 36_000)]:
    L = nanomold.lengths(d, T, p, t, "ni45pd35p16b4")
    shortest = d[np.argmin(L)]
    print(f"{T} °C, {p} GPa, {t} s: L from {L.min():.1f} to {L.max():.1f} nm, shortest at d = {shortest:.1f} nm")

# A map over temperature and diameter: the arguments are broadcast against each other.
T = np.arange(260, 331)
L = nanomold.lengths(d[None, :], T[:, None], 1.25, 36_000, "ni45pd35p16b4")
print(L.shape, "lengths; the longest is", f"{L.max():.0f} nm")
d_c = nanomold.properties("ni45pd35p16b4", T)["d_c_nm"]
print(f"Eq. (3): d_c = {d_c[T == 317][0]:.1f} nm at 317 °C")
