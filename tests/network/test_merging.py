"""Two records of one human: joining, parting, what is refused, and who is counted."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from events.figures import people_figures
from events.models import Attendance, Registration
from events.services.registration import RegistrationData, find_or_make_person
from municipalities.figures import Period, Scope
from network.models import Person, PersonMerge, PossibleDuplicate, User
from network.services import edit_person, known_person, merge_people, say_different, undo_merge
from tests.factories import (
    AttendanceFactory,
    DesignationFactory,
    EventFactory,
    MunicipalityFactory,
    PersonAliasFactory,
    PersonFactory,
    RegistrationFactory,
    StaffFactory,
    UserFactory,
    liaison,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = dt.timedelta(days=1)


@pytest.fixture
def pair():
    return PersonFactory(name="Ana Prueba", sex=""), PersonFactory(name="Ana P. Prueba", sex="woman", phone="722 1")


def fresh(person):
    return Person.objects.get(pk=person.pk)


def columns(person):
    row = Person.objects.filter(pk=person.pk).values().get()
    return {name: value for name, value in row.items() if name != "compared_at"}


def test_the_kept_record_stands_for_both_and_undoing_puts_all_back(pair, staff):
    kept, gone = pair
    event = EventFactory()
    for person, minutes in zip(pair, (10, 30), strict=True):
        AttendanceFactory(event=event, person=person, minutes=minutes)
    moving = RegistrationFactory(person=gone)
    letter = DesignationFactory(person=gone)
    before = [columns(person) for person in pair], list(Attendance.objects.order_by("pk").values())
    merge = merge_people(kept=kept, gone=gone, by=staff, reason="Es la misma")
    assert list(Person.objects.current().filter(name__startswith="Ana")) == [kept]
    assert (fresh(kept).sex, fresh(kept).phone) == ("woman", "722 1")
    assert set(kept.aliases.values_list("kind", "value")) == {("email", gone.email), ("name", "Ana P. Prueba")}
    assert Attendance.objects.get().minutes == 30
    assert (kept.registrations.get(), kept.designations.get()) == (moving, letter)
    undo_merge(merge=merge, by=staff)
    assert ([columns(person) for person in pair], list(Attendance.objects.order_by("pk").values())) == before
    assert (gone.registrations.get(), gone.designations.get(), kept.aliases.count()) == (moving, letter, 0)
    merge.refresh_from_db()
    assert (merge.reason, merge.by, merge.undone_by) == ("Es la misma", staff, staff)


def test_unique_persons_count_the_joined_one_once(pair, staff):
    municipality = MunicipalityFactory()
    for person in pair:
        event = EventFactory(day=timezone.localdate() - DAY)
        AttendanceFactory(event=event, person=person, municipality=municipality)
    today = timezone.localdate()
    period = Period(today - 9 * DAY, today)

    def counted():
        figures = people_figures(Scope("state", ""), period, places=[])
        return figures.attendances, figures.persons

    assert counted() == (2, 2)
    merge = merge_people(kept=pair[0], gone=pair[1], by=staff)
    assert counted() == (2, 1)
    undo_merge(merge=merge, by=staff)
    assert counted() == (2, 2)


# --- Accounts


def test_the_account_goes_over_and_comes_back(staff):
    account = liaison()
    kept, gone = PersonFactory(), account.person
    merge = merge_people(kept=kept, gone=gone, by=staff)
    again = User.objects.get(pk=account.pk)
    assert (again.person, again.liaison_municipality is None) == (kept, False)
    undo_merge(merge=merge, by=staff)
    assert User.objects.get(pk=account.pk).person == gone
    assert fresh(kept).user is None


def test_two_accounts_are_refused_in_words_until_one_is_closed(staff):
    kept, gone = (PersonFactory(user=UserFactory()) for _number in range(2))
    with pytest.raises(ValidationError, match="Las dos tienen cuenta"):
        merge_people(kept=kept, gone=gone, by=staff)
    assert not PersonMerge.objects.exists()
    User.objects.filter(person=gone).update(is_active=False)
    merge_people(kept=kept, gone=gone, by=staff)
    assert (fresh(kept).user, fresh(gone).user) == (kept.user, gone.user)


def test_designations_on_the_same_days_are_refused_and_nothing_is_joined(pair, staff):
    for person in pair:
        DesignationFactory(person=person)
    RegistrationFactory(person=pair[1])
    with pytest.raises(ValidationError, match="coinciden en fechas"):
        merge_people(kept=pair[0], gone=pair[1], by=staff)
    assert (pair[1].registrations.count(), fresh(pair[1]).merged_into) == (1, None)


def test_nobody_is_joined_with_the_own_record_or_through_one_that_went(pair, staff):
    with pytest.raises(ValidationError, match="dos personas distintas"):
        merge_people(kept=pair[0], gone=pair[0], by=staff)
    merge_people(kept=pair[0], gone=pair[1], by=staff)
    with pytest.raises(ValidationError, match="ya se unió"):
        merge_people(kept=pair[1], gone=PersonFactory(), by=staff)
    with pytest.raises(ValidationError, match="ya se unió"):
        merge_people(kept=PersonFactory(), gone=pair[1], by=staff)


# --- Undoing late


def test_the_latest_merge_is_undone_first(pair, staff):
    third = PersonFactory()
    first = merge_people(kept=pair[0], gone=pair[1], by=staff)
    second = merge_people(kept=pair[0], gone=third, by=staff)
    with pytest.raises(ValidationError, match="deshaga primero la más reciente"):
        undo_merge(merge=first, by=staff)
    undo_merge(merge=second, by=staff)
    assert undo_merge(merge=first, by=staff).undone_at


def test_a_kept_record_that_went_itself_is_parted_later(pair, staff):
    first = merge_people(kept=pair[0], gone=pair[1], by=staff)
    merge_people(kept=PersonFactory(), gone=pair[0], by=staff)
    with pytest.raises(ValidationError, match="deshaga primero esa unión"):
        undo_merge(merge=first, by=staff)


def test_what_moved_again_is_said_and_nothing_is_parted(pair, staff):
    row = RegistrationFactory(person=pair[1])
    merge = merge_people(kept=pair[0], gone=pair[1], by=staff)
    Registration.objects.filter(pk=row.pk).update(person=PersonFactory())
    with pytest.raises(ValidationError, match="cambió después"):
        undo_merge(merge=merge, by=staff)
    assert (fresh(pair[1]).merged_into, fresh(pair[0]).sex) == (pair[0], "woman")


def test_what_was_corrected_since_stays_corrected(pair, staff):
    merge = merge_people(kept=pair[0], gone=pair[1], by=staff)
    edit_person(person=pair[0], values={"phone": "55 2"}, reason="Otro teléfono", by=staff)
    undo_merge(merge=merge, by=staff)
    assert (fresh(pair[0]).phone, fresh(pair[1]).phone) == ("55 2", "722 1")


def test_undoing_twice_changes_nothing_and_joining_again_is_a_new_merge(pair, staff):
    merge = merge_people(kept=pair[0], gone=pair[1], by=staff)
    first = undo_merge(merge=merge, by=staff).undone_at
    assert undo_merge(merge=merge, by=StaffFactory()).undone_at == first
    merge_people(kept=pair[1], gone=pair[0], by=staff)
    assert PersonMerge.objects.count() == 2


def test_parted_as_two_people_they_are_not_proposed_again(pair, staff):
    merge = merge_people(kept=pair[0], gone=pair[1], by=staff)
    undo_merge(merge=merge, by=staff, are_two=True)
    assert PossibleDuplicate.objects.of_pair(*pair).get().decided_by == staff


def test_who_is_another_than_the_gone_one_is_another_than_the_kept_one(pair, staff):
    third = PersonFactory()
    say_different(one=pair[1], other=third, by=staff)
    merge_people(kept=pair[0], gone=pair[1], by=staff)
    assert PossibleDuplicate.objects.of_pair(pair[0], third).get().decided_at


# --- Afterwards


def test_later_registrations_find_the_kept_record_by_either_e_mail_and_name(pair, staff):
    kept, gone = pair
    merge_people(kept=kept, gone=gone, by=staff)
    typed = [(kept.email, kept.name), (gone.email, gone.name), (kept.email, gone.name), (gone.email.upper(), kept.name)]
    assert {find_or_make_person(RegistrationData(name=name, email=email)) for email, name in typed} == {kept}


def test_a_name_or_a_mailbox_alone_is_nobodys(pair):
    PersonAliasFactory(person=pair[0], value="buzon@prueba.example")
    assert known_person(email="buzon@prueba.example", name="Otra Persona") is None
    assert known_person(email="", name=pair[0].name) is None
    assert known_person(email="BUZON@prueba.example", name="ana  prueba") == pair[0]


def test_correcting_a_person_keeps_what_it_said_before_who_and_why(staff):
    person, municipality = PersonFactory(name="Ana Pureba"), MunicipalityFactory()
    values = {"name": "Ana Prueba", "email": person.email, "municipality_id": municipality.pk}
    edit_person(person=person, values=values, reason="Errata", by=staff)
    edit = person.edits.get()
    changes = {"name": ["Ana Pureba", "Ana Prueba"], "municipality_id": [None, municipality.pk]}
    assert (edit.changes, edit.reason, edit.by) == (changes, "Errata", staff)
    edit_person(person=person, values=values, reason="Otra vez", by=staff)
    assert person.edits.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_join_and_part_once(pair):
    staff = StaffFactory()
    for person in pair:
        RegistrationFactory(person=person)

    def at_once(work):
        def one(_number):
            try:
                return work().pk
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(one, range(4)))

    made = at_once(lambda: merge_people(kept=pair[0], gone=pair[1], by=staff))
    merge = PersonMerge.objects.get()
    assert (made, pair[0].registrations.count()) == ([merge.pk] * 4, 2)
    at_once(lambda: undo_merge(merge=merge, by=staff))
    assert [person.registrations.count() for person in pair] == [1, 1]
