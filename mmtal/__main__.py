"""``python -m mmtal``."""

from mmtal.cli.main import main

if __name__ == "__main__":
    main()
