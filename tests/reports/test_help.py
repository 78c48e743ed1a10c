"""The help: whole in both languages, its links lead somewhere, unknown pages do not exist."""

import re

import pytest
from django.urls import resolve
from django.utils.translation import override

from reports.help import SLUGS, help_page
from tests import factories as f


@pytest.mark.parametrize("slug", SLUGS)
def test_page_is_the_same_in_both_languages(slug):
    spanish, english = (help_page(slug, language) for language in ("es", "en"))
    assert len(spanish.sections) == len(english.sections) >= 3
    assert spanish.pictures == english.pictures
    assert spanish.title != english.title
    assert spanish.lead != english.lead
    names = []
    for page, language in ((spanish, "es"), (english, "en")):
        with override(language):
            names.append([resolve(link).view_name for link in re.findall(r'href="(/[^"]*)"', page.html)])
    assert names[0] == names[1]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.django_db
def test_page_answers_with_its_contents(client, slug):
    answer = client.get(f"/ayuda/{slug}/")
    page = help_page(slug, "es")
    said = answer.content.decode()
    assert answer.status_code == 200
    for section in page.sections:
        assert f'href="#{section.id}"' in said
        assert f'id="{section.id}"' in said
    assert said.count("<img") == len(page.pictures)


@pytest.mark.django_db
def test_index_leads_to_every_page_and_unknown_ones_are_not_there(client):
    said = client.get("/ayuda/").content.decode()
    assert all(f'href="/ayuda/{slug}/"' in said for slug in SLUGS)
    assert client.get("/ayuda/nada/").status_code == 404


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.django_db
def test_links_of_a_page_open_for_whoever_reads_it(client, slug):
    readers = [
        f.UserFactory(),
        f.liaison(),
        f.StaffFactory(),
        f.AdminFactory(),
    ]
    for user in readers:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        text = client.get(f"/ayuda/{slug}/").content.decode()
        shown = text[text.index('class="prose"') : text.index("</main>")]
        for link in set(re.findall(r'href="(/[^"#]*)"', shown)) - {"/estado/"}:
            assert client.get(link).status_code == 200, (user, link)
