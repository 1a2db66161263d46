"""What queries need from the layers above."""


class Runtime:
    """A database session, the rule of who sees what, and the date as of which the world is seen."""

    moment = None
    """The date (UTC) as of which the world is seen; None for now."""

    @staticmethod
    def session():
        raise RuntimeError('import awlike.context before you evaluate a query')

    @staticmethod
    def visible(builder):
        """The SQL condition under which the object at the root of a statement is visible, or None."""
        raise RuntimeError('import awlike.context before you evaluate a query: it knows who may see what')

    @staticmethod
    def value(node, key, column):
        """The SQL expression for attribute `key` of `node`, kept in `column`, at `moment`."""
        return column

    @staticmethod
    def loaded(objects):
        """What is to be done with objects that were just read."""

    @staticmethod
    def scope(cls, kind, value=None):
        """The criterion that narrows queries of `cls` to the current project, user or a privileges level."""
        raise RuntimeError('import awlike.context before you narrow a query')
