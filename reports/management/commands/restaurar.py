"""``manage.py restaurar FILE``: a backup in the place of what is there, whole or not at all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from reports.management import backups
from reports.management.commands.respaldar import ask_for_password, default_place


class Command(BaseCommand):
    help = "Comprueba un respaldo y lo pone en lugar de lo que hay. Si algo falla, todo queda como estaba."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="ARCHIVO")
        parser.add_argument("--reemplazar", action="store_true", help="aunque este portal ya tenga datos")
        parser.add_argument("--version-anterior", action="store_true", help="aunque el respaldo sea de una anterior")
        parser.add_argument("--otras-claves", action="store_true", help="aunque SECRET_KEY o ISSUER_KEY sean otras")
        parser.add_argument("--sin-copia-previa", action="store_true", help="no respaldar antes lo que se reemplaza")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        password = ask_for_password() if backups.is_encrypted(file) else ""
        keep = default_place("antes-de-restaurar", ".tar.age" if password else ".tar")
        manifest = backups.restore(
            file,
            password=password,
            replace=options["reemplazar"],
            older=options["version_anterior"],
            other_keys=options["otras_claves"],
            keep=None if options["sin_copia_previa"] else keep,
        )
        if keep.exists():
            self.stdout.write(f"Lo que había está en {keep}.")
        self.stdout.write(
            f"Restaurado lo del {manifest.made_at} ({manifest.site}): {sum(manifest.rows.values())} filas y "
            f"{len(manifest.members) - 1} archivos. Todas las personas tienen que volver a entrar, y el correo que "
            "estaba por salir aquel día quedó «en duda» en /gestion/correo/."
        )
