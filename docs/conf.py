"""The site: `make docs` builds it. Warnings are errors."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / '_ext'), str(HERE.parent)]
os.environ['AWLIKE_HOME'] = str(HERE / '_build' / 'nobody')  # nobody's own cameras and recipes

from awlike import __version__ as version  # noqa: E402 -- it is found by the path above

project = 'awlike'
extensions = ['myst_parser', 'awlike_reference']
exclude_patterns = ['_build', '_ext']
default_role = 'py:obj'
add_module_names = False
python_display_short_literal_types = True
toc_object_entries_show_parents = 'hide'
myst_heading_anchors = 3
myst_enable_extensions = ['colon_fence']
html_theme = 'furo'
html_title = f'awlike {version}'
html_static_path = ['_static']
html_css_files = ['awlike.css']
html_copy_source = False
html_show_copyright = False
