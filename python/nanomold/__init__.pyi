import os
import pathlib
from typing import Any, Callable, Mapping, Optional, Union

import numpy as np
import numpy.typing as npt

from ._result import Field as Field, Frame as Frame, Result as Result

_Path = Union[str, "os.PathLike[str]"]

__version__: str

class InputError(ValueError): ...
class FolderError(OSError): ...
class SimulationError(RuntimeError): ...

class Case:
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def material(self) -> str: ...
    @property
    def warnings(self) -> list[str]: ...
    def to_toml(self) -> str: ...

def shipped() -> pathlib.Path: ...
def materials() -> list[str]: ...
def load_case(path: _Path, overrides: Optional[Mapping[str, Any]] = None, **more: Any) -> Case: ...
def run(
    case: Union[Case, _Path],
    out: Optional[_Path] = None,
    *,
    progress: Optional[Callable[[float, float], Any]] = None,
    force: bool = False,
    revolve: bool = False,
) -> Result: ...
def lengths(
    d: npt.ArrayLike,
    T: npt.ArrayLike,
    p: npt.ArrayLike,
    t: npt.ArrayLike,
    material: _Path,
    *,
    case: Optional[_Path] = None,
    overrides: Optional[Mapping[str, Any]] = None,
) -> npt.NDArray[np.float64]: ...
def properties(
    material: _Path, T: npt.ArrayLike, *, time: float = 36_000.0, overrides: Optional[Mapping[str, Any]] = None
) -> dict[str, npt.NDArray[np.float64]]: ...
def calibrate(
    data: _Path,
    material: _Path,
    *,
    out: Optional[_Path] = None,
    overrides: Optional[Mapping[str, Any]] = None,
    **options: Any,
) -> dict[str, Any]: ...
def read_result(folder: _Path) -> Result: ...
