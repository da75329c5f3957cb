import os
import pathlib
from typing import Any, Optional, Union

import numpy.typing as npt
import numpy as np

def columns(path: Union[str, "os.PathLike[str]"]) -> dict[str, npt.NDArray[Any]]: ...

class Field:
    name: str
    unit: str
    values: npt.NDArray[np.float64]

class Frame:
    time_s: float
    points_nm: npt.NDArray[np.float64]
    cells: npt.NDArray[np.int64]
    fields: dict[str, Field]
    layer: dict[str, Field]
    layer_points_nm: npt.NDArray[np.float64]
    front: dict[str, Field]
    front_points_nm: npt.NDArray[np.float64]
    @property
    def r_nm(self) -> npt.NDArray[np.float64]: ...
    @property
    def z_nm(self) -> npt.NDArray[np.float64]: ...
    def to_xarray(self) -> Any: ...
    def to_pyvista(self) -> Any: ...

class Result:
    folder: Optional[pathlib.Path]
    record: dict[str, Any]
    history: dict[str, npt.NDArray[np.float64]]
    @property
    def length_nm(self) -> float: ...
    @property
    def frames(self) -> list[Frame]: ...
    @property
    def fields(self) -> dict[str, Field]: ...
    def to_pandas(self) -> Any: ...

def read_result(folder: Union[str, "os.PathLike[str]"]) -> Result: ...
