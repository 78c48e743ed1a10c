import pytest

from web import markdown


def test_headings_lists_tables_and_links_are_drawn() -> None:
    text = "## Uno\n\n- dos\n- **tres**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[red](https://red.example)"
    html = markdown.render(text)
    assert "<h2>Uno</h2>" in html
    assert "<li><strong>tres</strong></li>" in html
    assert "<td>2</td>" in html
    assert '<a href="https://red.example" rel="noopener noreferrer">red</a>' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://otro.example/p.png)",
        "<a href='https://red.example' onclick='x()'>y</a>",
    ],
)
@pytest.mark.asvs("V1.3.1", "V1.3.5")
def test_text_of_people_stays_text(hostile: str) -> None:
    html = markdown.render(hostile).lower()
    assert [
        words
        for words in ("<script", "<img", 'href="javascript', 'href="data', "<a onclick", "onclick='x()'>y</a>")
        if words in html
    ] == []
