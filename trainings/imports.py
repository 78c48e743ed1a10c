"""What every installation begins with. May run again: what staff changed stays."""

from trainings.documents.certificates import SHIPPED_NAME, SHIPPED_TEXT
from trainings.models import CertificateTemplate


def load_certificate_template() -> None:
    """The template of constancias that is shipped, where there is none yet."""
    if not CertificateTemplate.objects.exists():
        CertificateTemplate.objects.create(name=SHIPPED_NAME, text=SHIPPED_TEXT)
