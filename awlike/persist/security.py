"""What PostgreSQL itself enforces of the rules of who may do what."""


def secure(connection) -> None:
    """Put the rules on the tables."""
