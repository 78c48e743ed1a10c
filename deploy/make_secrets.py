"""Write the files of ``secrets/`` that docker-compose.yml hands to the containers. What is there already stays.

    python3 deploy/make_secrets.py [FOLDER [SERVER OF THE DATABASE]]

Keep a copy of the folder apart from the backups: none of it is in them (docs/operations.md).
"""

import os
import secrets
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "secrets"
SERVER = sys.argv[2] if len(sys.argv) > 2 else "db"


def keep(name: str, text: str) -> str:
    """The file's text; written now where there is none. The containers' account reads it, nobody passes the folder."""
    path = FOLDER / name
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "w") as file:
            file.write(text)
    return path.read_text()


FOLDER.mkdir(mode=0o700, exist_ok=True)
keep("secret_key", secrets.token_urlsafe(50))
keep("metrics_token", secrets.token_urlsafe(32))
password = keep("database_password", secrets.token_urlsafe(32))
keep("database_url", f"postgres://portal:{password}@{SERVER}:5432/portal")
keep("email_url", os.environ.get("EMAIL_URL", "smtp://mail:1025"))
