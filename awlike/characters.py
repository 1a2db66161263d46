"""Characters that act on a terminal rather than print: escape sequences, and marks that turn the direction of a text.

Names in a database are chosen by others. One with such characters could change what a screen shows, or look like another
name. Wherever awlike shows a text, a question mark stands for each of them.
"""


def printable(text: str) -> str:
    """Return `text`, one line, with a question mark for each character that controls a terminal rather than prints."""
    return text if text.isprintable() else ''.join(c if c.isprintable() else '?' for c in text)


def readable(text: str) -> str:
    """Return a text of several lines with a question mark for each such character; ends of lines and tabs stay."""
    if text.isprintable():
        return text
    return '\n'.join('\t'.join(map(printable, line.split('\t'))) for line in text.split('\n'))
