"""Keep the version of the database.

What was made before differs from this by tables and columns that follow from the declarations, and by nothing else.
"""

revision = '0001'
down_revision = None


def upgrade() -> None:
    """Change nothing."""
