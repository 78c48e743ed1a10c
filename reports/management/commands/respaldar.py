"""``manage.py respaldar [FILE]``: database and media of one moment in one file, while the portal goes on."""

import getpass
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import environ
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports.management import backups


class Command(BaseCommand):
    help = "Copia base de datos y archivos a un solo archivo comprobado, con el portal en marcha."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="ARCHIVO", help="si falta, uno en DATA_DIR/respaldos")
        parser.add_argument(
            "--cifrar", action="store_true", help="con la contraseña de BACKUP_PASSWORD o BACKUP_PASSWORD_FILE"
        )

    def handle(self, *args: Any, file: Path | None, cifrar: bool, **options: Any) -> None:
        password = ask_for_password(again=True) if cifrar else ""
        target = file or default_place("portal", ".tar.age" if cifrar else ".tar")
        manifest = backups.create(target.absolute(), password=password)
        for name in manifest.missing:
            self.stderr.write(f"La base de datos nombra un archivo que ya no existe: {name}")
        self.stdout.write(
            f"{target}: {sum(manifest.rows.values())} filas de {len(manifest.rows)} tablas y "
            f"{len(manifest.members) - 1} archivos, comprobado de principio a fin."
        )


def default_place(beginning: str, ending: str) -> Path:
    """A name in ``DATA_DIR/respaldos`` that says when."""
    return settings.DATA_DIR / "respaldos" / f"{beginning}-{timezone.now():%Y%m%dT%H%M%SZ}{ending}"


def ask_for_password(*, again: bool = False) -> str:
    """The password of the environment, else typed at a terminal; never an argument, which others could read."""
    password: str = environ.FileAwareEnv().str("BACKUP_PASSWORD", default="")
    if not password and sys.stdin.isatty():
        password = getpass.getpass("Contraseña del respaldo: ")
        if again and getpass.getpass("Otra vez: ") != password:
            raise CommandError("Las dos contraseñas no son iguales.")
    if not password:
        raise CommandError("Falta la contraseña: póngala en BACKUP_PASSWORD o en el archivo de BACKUP_PASSWORD_FILE.")
    os.environ.pop("BACKUP_PASSWORD", None)  # not for the programs that this one starts
    return password
