"""The options that every processor has. They are those of `optparse`, as users' own ones are."""

import optparse
from typing import Any


def add_options(parser: optparse.OptionParser) -> None:
    """Add the options of every processor."""
    parser.add_option('--filter', dest='filter', metavar='TEXT', default=None,
                      help='Process only files with TEXT in their name.')
    parser.add_option('--bail', dest='bail', action='store_true', default=False,
                      help='End at the first file that fails, and show a traceback.')
    parser.add_option('--report', dest='report', action='store_true', default=False,
                      help='Process nothing; count the files of each class that classify() returns.')
    parser.add_option('--verbose', dest='verbose', action='store_true', default=False,
                      help='With --report: list the files of each class.')
    parser.add_option('-j', '--n-procs', dest='processes', metavar='NUMBER', type='int', default=1,
                      help='Number of processes. Default: 1.')


def parser_for(processor_class: Any, usage: str = '%prog [options]') -> optparse.OptionParser:
    """Return the parser of the command line of a class of processors."""
    parser = optparse.OptionParser(usage=usage, description=(processor_class.__doc__ or '').partition('\n\n')[0] or None)
    processor_class.addOptions(parser)
    return parser


def check(parser: optparse.OptionParser, options: optparse.Values) -> None:
    """End with exit status 2 where the value of an option has no meaning."""
    if options.processes < 1:
        parser.error(f'-j {options.processes}: the number of processes is at least 1')
