"""``manage.py instalar``: the link that opens the first account of a new installation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from network.rules import needs_set_up, set_up_code


class Command(BaseCommand):
    help = "Says where to open the first account of administration, while there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        if needs_set_up():
            address = settings.SITE_URL.rstrip("/") + reverse("set_up", args=[set_up_code()])
            self.stdout.write("Este portal es nuevo. Abra su primera cuenta aquí (sirve un día):\n  " + address)
        else:
            self.stdout.write("Este portal ya tiene quien lo administre.")
