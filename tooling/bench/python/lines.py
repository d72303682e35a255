"""What every Python peer does: answers each line of JSON on standard input with one line of JSON."""

import json
import os
import sys


def answer_lines(**requests):
    """A line is {"do": NAME, ...arguments}; what the function of that name returns is the answer."""
    answers = os.fdopen(os.dup(1), "w")
    # What libraries print must not be taken for an answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        arguments = json.loads(line)
        try:
            answer = requests[arguments.pop("do")](**arguments)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
