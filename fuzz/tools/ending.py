"""How a command ends: its exit status, and what it says where it could not do its work."""

import sys
import traceback

from project import Trouble

TROUBLE, INTERRUPTED = 2, 130


def leave(name: str, main) -> None:
    """Runs a command and exits. Python's own status for an error is 1, which means a find here."""
    try:
        code = main()
    except Trouble as trouble:
        code = _told(f"{name}: {trouble}")
    except OSError as error:
        code = _told(f"{name}: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}")
    except KeyboardInterrupt:
        # Before the signals are taken care of.
        code = INTERRUPTED
    except Exception:
        code = _told(f"{name}: a defect of this command, not a find:\n{traceback.format_exc()}")
    sys.exit(code)


def _told(text: str) -> int:
    print(text, file=sys.stderr)
    return TROUBLE
