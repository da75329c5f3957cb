"""``python -m nanomold`` is the ``nanomold`` program."""

from ._program import main

main()
