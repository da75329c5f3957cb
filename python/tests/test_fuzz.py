"""Whatever is given: an answer or an exception, never the end of the process."""
import itertools
import random

import numpy as np
import pytest

import nanomold
from nanomold import _nanomold

NI = "ni45pd35p16b4"
ODD = [
    None, True, 0, -1, 2**70, 0.0, -0.0, 1e308, float("inf"), float("nan"), "", "x", "\0", "é" * 50, b"", b"abc", [], [[]], {}, {"a": 1},
    (), object(), lambda: 0, np.array([]), np.array(3), np.array(["a"]), np.array([None]), np.zeros((2, 0)), np.array([1 + 2j]), "/",
    "/dev/null", range(3), int,
]


def survives(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except Exception as error:
        # PanicException is no Exception: a panic of the program would end the test.
        assert type(error).__name__ != "PanicException"


@pytest.mark.parametrize("seed", range(3))
def test_any_types(seed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = random.Random(seed)
    pick = lambda: draw.choice(ODD)
    for _ in range(60):
        survives(nanomold.lengths, pick(), pick(), pick(), pick(), draw.choice([NI, pick()]))
        survives(nanomold.load_case, pick(), pick())
        survives(nanomold.properties, draw.choice([NI, pick()]), pick(), time=pick())
        survives(nanomold.run, pick(), pick(), progress=pick())
        survives(nanomold.read_result, pick())
    for name in ("lengths", "load_case", "properties", "run"):
        for count in range(6):
            survives(getattr(_nanomold, name), *(pick() for _ in range(count)))


def test_any_numbers():
    values = [0.0, -1.0, 1e-300, 1e-9, 1.0, 60.0, 297.0, 1e5, 1e300, -273.15]
    for d, T, p, t in itertools.product(values, repeat=4):
        if random.Random(f"{d}{T}{p}{t}").random() < 0.03:
            survives(nanomold.lengths, d, T, p, t, NI)


def test_any_overrides():
    case = nanomold.shipped() / "cases" / "ni_d60_297C.toml"
    keys = ["pore.diameter_nm", "process", "mesh", "material.name", "material", "", ".", "a.b.c", "output.frames", "numerics"]
    for key, value in itertools.product(keys, ODD):
        survives(nanomold.load_case, case, {key: value})
