"""`python -m nlu PROJECT FOLDER` trains a project's model into a folder, in a process of its own."""

import sys
from pathlib import Path

from nlu import pipeline


def main(project: str, folder: str) -> int:
    """Exit code 0, or 1 with the reason on standard error."""
    try:
        pipeline.save(pipeline.train(Path(project)), Path(folder))
    except (pipeline.NluError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
