"""Run the program given as the argument, and print what it prints as JSON."""

import contextlib
import io
import json
import sys

with contextlib.redirect_stdout(io.StringIO()) as output:
    exec(compile(sys.argv[1], "snippets", "exec"), {"__name__": "__main__"})
print(json.dumps(output.getvalue()))
