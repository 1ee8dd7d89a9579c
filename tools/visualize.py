"""The old name of ``mmtal show``."""

import sys

from mmtal.cli.main import forward

OLD = {
    "features": {"recording": "--recording"},
    "activity": {"recording": "--recording"},
    "page": {"--results": "results"},
    "subtitles": {"--results": "results"},
    "video": {"video": "--video", "--results": "results"},
}

if __name__ == "__main__":
    command = sys.argv.pop(1) if sys.argv[1:2] and sys.argv[1] in OLD else ""
    forward(f"show {command}".strip(), OLD.get(command))
