"""``manage.py revisar``: is everything well here? One line for each question; exit code 1 where something is not."""

from typing import Any

from django.core.management.base import BaseCommand

from reports.management import checkup


class Command(BaseCommand):
    help = "Revisa un portal en marcha, una línea por asunto; termina con 1 si algo necesita atención."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for name, question in checkup.QUESTIONS.items():
            is_well, sentence = checkup.ask(question)
            wrong += not is_well
            style = self.style.SUCCESS if is_well else self.style.ERROR
            self.stdout.write(f"{style('bien' if is_well else 'MAL ')}  {name}: {sentence}")
        if wrong:
            raise SystemExit(1)
