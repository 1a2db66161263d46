"""Row-level security: PostgreSQL itself holds every connection to the rules of `awlike.privileges`."""


def secure(connection) -> None:
    """Put the rules of who sees and changes what into a PostgreSQL database that has all tables; as often as one likes."""
