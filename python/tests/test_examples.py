"""The examples run, those of the READMEs too."""
import pathlib
import subprocess
import sys

import pytest

PYTHON = pathlib.Path(__file__).parents[1]
EXAMPLES = sorted((PYTHON / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example, tmp_path):
    done = subprocess.run([sys.executable, example], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("file", [PYTHON / "README.md", PYTHON.parent / "README.md"], ids=["python", "program"])
def test_first_lines(file, tmp_path):
    lines = file.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    for library in ("pandas", "xarray"):
        if f"to_{library}" in lines:
            pytest.importorskip(library)
    done = subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and done.stdout, done.stderr
