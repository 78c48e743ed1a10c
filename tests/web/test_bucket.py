"""Stored files in a bucket of an S3 server on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db.models import FileField
from django.test import Client
from moto.server import ThreadedMotoServer

from network.models import Designation
from tests.factories import DesignationFactory, StaffFactory

ASK = (
    "import django; django.setup()\n"
    "from django.conf import settings\n"
    "from django.core.files.storage import storages\n"
    "storage = storages['default']\n"
    "print(type(storage).__name__, storage.bucket_name, storage.endpoint_url, storage.access_key,"
    " storage.file_overwrite)"
)
KEYS = {"MEDIA_BUCKET": "red", "MEDIA_ACCESS_KEY": "key", "MEDIA_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def bucket(server: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    names = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    found = boto3.resource("s3", endpoint_url=server, **names).Bucket("red")
    found.create()
    options = {"bucket_name": "red", "endpoint_url": server, "region_name": "us-east-1", "access_key": "key"}
    options |= {"secret_key": "secret", "default_acl": None, "file_overwrite": False}
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = project.STORAGES | {"default": backend}
    for model in apps.get_models():  # a field asks for its storage once, when its model is made
        for field in model._meta.local_fields:
            if isinstance(field, FileField):
                monkeypatch.setattr(field, "storage", storages["default"])
    yield found
    found.objects.all().delete()
    found.delete()


def test_variables_choose_the_bucket(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of a file\n")
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= KEYS | {"MEDIA_ENDPOINT": "http://127.0.0.1:9", "MEDIA_SECRET_KEY_FILE": str(tmp_path / "key")}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "S3Storage red http://127.0.0.1:9 key False\n"


@pytest.mark.django_db
def test_file_is_stored_served_to_who_may_and_deleted(bucket: Any, client: Client) -> None:
    letter = DesignationFactory()
    letter.oficio_file.save("oficio.pdf", ContentFile(b"%PDF-1.7 the letter"))
    assert [found.key for found in bucket.objects.all()] == [letter.oficio_file.name]
    address = f"/gestion/designaciones/{letter.pk}/oficio/"
    assert client.get(address).status_code == 302
    client.force_login(StaffFactory())
    answer = client.get(address)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"%PDF-1.7 the letter")  # type: ignore[attr-defined]
    second = storages["default"].save(letter.oficio_file.name, ContentFile(b"other"))
    assert second != letter.oficio_file.name
    bucket.Object(letter.oficio_file.name).delete()
    assert client.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_backup_holds_what_is_in_the_bucket(bucket: Any, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    DesignationFactory().oficio_file.save("oficio.pdf", ContentFile(b"%PDF-1.7 the letter"))
    assert len(list(bucket.objects.all())) == 1
    call_command("respaldar", str(tmp_path / "copia.tar"))
    bucket.objects.all().delete()
    call_command("restaurar", str(tmp_path / "copia.tar"), "--reemplazar", "--sin-copia-previa")
    with Designation.objects.get().oficio_file.open() as file:
        assert file.read() == b"%PDF-1.7 the letter"
