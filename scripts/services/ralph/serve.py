# python -I -c "$(cat serve.py)" PORT FOLDER: Ralph with its file backend, on 127.0.0.1.
# User and password of every tester are "tests": docs/decisions/0360-the-lrs-of-the-tests-is-ralph.md.
import json
import os
import sys
from pathlib import Path

port, folder = int(sys.argv[1]), Path(sys.argv[2])
store = folder / "store" / "fs_lrs.jsonl"

# Ralph reads its settings when it is imported.
os.environ.update(
    RALPH_APP_DIR=str(folder),
    RALPH_AUTH_FILE=str(folder / "auth.json"),
    RALPH_RUNSERVER_AUTH_BACKENDS="basic",
    RALPH_RUNSERVER_BACKEND="fs",
    RALPH_RUNSERVER_MAX_SEARCH_HITS_COUNT="10000",
    RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH=str(store.parent),
)

import bcrypt
import uvicorn
from ralph.backends.data.base import BaseOperationType
from ralph.backends.lrs.fs import FSLRSBackend

account = {
    "agent": {"mbox": "mailto:tests@example.org", "objectType": "Agent"},
    "scopes": ["all"],
    "hash": bcrypt.hashpw(b"tests", bcrypt.gensalt(4)).decode(),
    "username": "tests",
}
(folder / "auth.json").write_text(json.dumps([account]))

# A kill in the middle of a write leaves half a line, which nobody was told is stored.
store.parent.mkdir(exist_ok=True)
if store.exists():
    with store.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)

places = {}
end = 0


def statements_by_ids(_backend, ids, target=None):
    """Finds statements by their place in the file. Ralph reads the whole file for each request."""
    global end
    if not store.exists():
        return []
    with store.open("rb") as file:
        file.seek(end)
        for line in file:
            places[json.loads(line)["id"]] = end
            end += len(line)
        found = []
        for id in ids:
            if id in places:
                file.seek(places[id])
                found.append(json.loads(file.readline()))
        return found


FSLRSBackend.query_statements_by_ids = statements_by_ids
# By default each write creates the file, and every one after the first fails.
FSLRSBackend.default_operation_type = BaseOperationType.APPEND
# A list of all requests, rewritten at each: a kill in the middle leaves a file that cannot be read.
FSLRSBackend.append_to_history = lambda _backend, _event: None

uvicorn.run("ralph.api:app", host="127.0.0.1", port=port, log_level="warning", access_log=False)
