"""Stages count from the start or the end, are of a format, reach by modality and audience; the defaults come with them.

Once, so that a default that staff deleted stays deleted.
"""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


DAY = 24 * 60
# code: name, name in English, from which moment, minutes from there, to whom
DEFAULTS = {
    "7d": ("7 días antes", "7 days before", "start", -7 * DAY, "confirmed"),
    "24h": ("1 día antes", "1 day before", "start", -DAY, "confirmed"),
    "1h": ("1 hora antes, con el enlace", "1 hour before, with the link", "start", -60, "confirmed"),
    "thanks": ("Gracias y materiales", "Thanks and materials", "end", DAY, "attended"),
}


def count_from_start(apps, schema_editor):
    stages = apps.get_model("events", "ReminderStage").objects
    stages.update(offset_minutes=-models.F("minutes_before"))
    for code, (name, name_en, *_moment) in DEFAULTS.items():
        stages.filter(code=code, name=name).update(name_en=name_en)


def count_back(apps, schema_editor):
    """What the earlier column cannot say goes."""
    stages = apps.get_model("events", "ReminderStage").objects
    stages.exclude(anchor="start", offset_minutes__lte=0, format=None, audience="confirmed", modality="").delete()
    stages.update(minutes_before=-models.F("offset_minutes"))


def add_defaults(apps, schema_editor):
    stages = apps.get_model("events", "ReminderStage").objects
    for code, (name, name_en, anchor, minutes, audience) in DEFAULTS.items():
        values = {"name": name, "name_en": name_en, "anchor": anchor, "offset_minutes": minutes, "audience": audience}
        stages.get_or_create(code=code, event=None, format=None, defaults=values)
    if schema_editor is not None and schema_editor.connection.vendor == "postgresql":
        # The indexes are made at the migration's end, and not on a table with foreign keys still to be checked.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0012_series_form_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalReminderStage',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(editable=False, max_length=30)),
                ('name', models.CharField(max_length=80, verbose_name='nombre')),
                ('name_en', models.CharField(blank=True, max_length=80, verbose_name='nombre en inglés')),
                ('anchor', models.CharField(choices=[('start', 'el inicio'), ('end', 'el término')], default='start', max_length=5, verbose_name='se cuenta desde')),
                ('offset_minutes', models.IntegerField(verbose_name='minutos')),
                ('modality', models.CharField(blank=True, choices=[('in-person', 'Presencial'), ('virtual', 'Virtual')], max_length=12, verbose_name='cómo asisten')),
                ('audience', models.CharField(choices=[('confirmed', 'Personas con lugar confirmado'), ('waiting', 'Personas en lista de espera'), ('attended', 'Quienes asistieron (o tenían lugar, si no se anotó asistencia)'), ('absent', 'Quienes tenían lugar y no asistieron')], default='confirmed', max_length=10, verbose_name='a quién')),
                ('is_active', models.BooleanField(default=True, verbose_name='activa')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical etapa de recordatorio',
                'verbose_name_plural': 'historical etapas de recordatorio',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AlterModelOptions(
            name='reminderstage',
            options={'ordering': ['-anchor', 'offset_minutes', 'pk'], 'verbose_name': 'etapa de recordatorio', 'verbose_name_plural': 'etapas de recordatorio'},
        ),
        migrations.RemoveConstraint(
            model_name='reminderstage',
            name='events_reminder_stage_of_all_once',
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='anchor',
            field=models.CharField(choices=[('start', 'el inicio'), ('end', 'el término')], default='start', max_length=5, verbose_name='se cuenta desde'),
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='audience',
            field=models.CharField(choices=[('confirmed', 'Personas con lugar confirmado'), ('waiting', 'Personas en lista de espera'), ('attended', 'Quienes asistieron (o tenían lugar, si no se anotó asistencia)'), ('absent', 'Quienes tenían lugar y no asistieron')], default='confirmed', max_length=10, verbose_name='a quién'),
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='format',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminder_stages', to='events.format', verbose_name='formato'),
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='last_used_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='último envío'),
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='modality',
            field=models.CharField(blank=True, choices=[('in-person', 'Presencial'), ('virtual', 'Virtual')], max_length=12, verbose_name='cómo asisten'),
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='name_en',
            field=models.CharField(blank=True, max_length=80, verbose_name='nombre en inglés'),
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='offset_minutes',
            field=models.IntegerField(default=0, verbose_name='minutos'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='reminderstage',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.RunPython(count_from_start, count_back),
        migrations.AlterField(  # so that backwards the column comes again with a value
            model_name='reminderstage',
            name='minutes_before',
            field=models.PositiveIntegerField(default=0, verbose_name='minutos antes del inicio'),
        ),
        migrations.RemoveField(
            model_name='reminderstage',
            name='minutes_before',
        ),
        migrations.AlterField(
            model_name='reminderstage',
            name='code',
            field=models.SlugField(editable=False, max_length=30),
        ),
        migrations.AlterField(
            model_name='reminderstage',
            name='is_active',
            field=models.BooleanField(default=True, verbose_name='activa'),
        ),
        migrations.AddConstraint(
            model_name='reminderstage',
            constraint=models.UniqueConstraint(fields=('code', 'format'), name='events_reminder_stage_of_format_once', violation_error_message='Ese formato ya tiene esa etapa.'),
        ),
        migrations.AddConstraint(
            model_name='reminderstage',
            constraint=models.UniqueConstraint(condition=models.Q(('event__isnull', True), ('format__isnull', True)), fields=('code',), name='events_reminder_stage_of_all_once', violation_error_message='Ya hay una etapa con ese código.'),
        ),
        migrations.AddConstraint(
            model_name='reminderstage',
            constraint=models.CheckConstraint(condition=models.Q(('event__isnull', True), ('format__isnull', True), _connector='OR'), name='events_reminder_stage_one_scope', violation_error_message='Una etapa es de un evento o de un formato, no de los dos.'),
        ),
        migrations.AddConstraint(
            model_name='reminderstage',
            constraint=models.CheckConstraint(condition=models.Q(('offset_minutes__gte', -86400), ('offset_minutes__lte', 86400)), name='events_reminder_stage_near', violation_error_message='Una etapa queda hasta 60 días antes o después.'),
        ),
        migrations.AddConstraint(
            model_name='reminderstage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('audience__in', ['attended', 'absent']), _negated=True), models.Q(('anchor', 'end'), ('offset_minutes__gte', 0)), _connector='OR'), name='events_reminder_stage_known_attendance', violation_error_message='Quién asistió se sabe al terminar: cuente la etapa después del término.'),
        ),
        migrations.AddField(
            model_name='historicalreminderstage',
            name='event',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='events.event'),
        ),
        migrations.AddField(
            model_name='historicalreminderstage',
            name='format',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='events.format', verbose_name='formato'),
        ),
        migrations.AddField(
            model_name='historicalreminderstage',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
            migrations.RunPython(add_defaults, migrations.RunPython.noop),
    ]
