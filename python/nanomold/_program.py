"""The ``nanomold`` program: the same as the one built without Python."""

import signal
import sys

from . import _nanomold


def main():
    # The program has its own handlers, and Python's would wait for it to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_nanomold.cli(["nanomold", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
