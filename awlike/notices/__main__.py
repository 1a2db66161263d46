"""``python -m awlike.notices``: send what waits, and end."""

from awlike.notices.deliver import deliver

if __name__ == '__main__':
    deliver()
