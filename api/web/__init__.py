"""The web pages: server-rendered, readable without JavaScript, and without a request to any other host.

What they show and their templates are here; their routes are in `api/http/pages`.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The folder of the templates and static files."""
