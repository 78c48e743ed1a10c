"""The embedded portal's queue of files: nobody reads half a message, and an unreadable one stops no worker."""

from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from config.broker import Channel


@pytest.fixture
def channel(tmp_path: Path) -> Any:
    folder = str(tmp_path)
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": str(tmp_path / "control")}
    with Connection("filesystem://localhost//", transport_options=options) as connection:
        yield connection.channel()


class ReadMeanwhile:
    """A part of a message that has the queue read while it is being written."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel

    def __json__(self) -> str:
        with pytest.raises(Empty):
            self.channel._get("mail")
        return "whole"


def test_message_is_in_the_queue_when_it_is_whole(channel: Any) -> None:
    assert isinstance(channel, Channel)
    channel._put("mail", {"text": ReadMeanwhile(channel)})
    assert channel._get("mail") == {"text": "whole"}
    with pytest.raises(Empty):
        channel._get("mail")


def test_unreadable_message_is_dropped_and_the_next_is_read(channel: Any, tmp_path: Path) -> None:
    (tmp_path / "0_cut.mail.msg").write_bytes(b"")
    channel._put("mail", {"n": 2})
    assert channel._get("mail") == {"n": 2}
    assert not list(tmp_path.glob("*.msg"))


def test_messages_keep_their_order_and_their_queue(channel: Any) -> None:
    for number in range(3):
        channel._put("mail", {"n": number})
        channel._put("default", {"n": number + 10})
    assert {channel._get("mail")["n"] for _ in range(3)} == {0, 1, 2}
    assert {channel._get("default")["n"] for _ in range(3)} == {10, 11, 12}
