import atexit
import os
import shutil
import tempfile

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # Where the processes of this web server add up what they count (web.metrics): made before gunicorn forks them, of
    # this server alone, and gone with it.
    _counts, _maker = tempfile.mkdtemp(prefix="portal-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts

    @atexit.register
    def _forget() -> None:
        if os.getpid() == _maker:
            shutil.rmtree(_counts, ignore_errors=True)


application = get_wsgi_application()
