"""``python -m awlike``: the command `awe`, where `awe` is not on the path."""

from awlike.cli import main

if __name__ == '__main__':
    main()
