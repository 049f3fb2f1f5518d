"""What a program looks at in the service besides its client."""

import os
import time
import urllib.request

SECONDS = 120  # that the service may take to notice that a client has left


def writing() -> float:
    """Return how many answers the service writes."""
    with urllib.request.urlopen(os.environ["OPENAI_BASE_URL"].removesuffix("v1") + "metrics") as response:
        lines = response.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("nonmun_answers_writing "))


def ends() -> bool:
    """Return whether the service stops to write while this process and its clients live on."""
    deadline = time.monotonic() + SECONDS
    while writing():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
