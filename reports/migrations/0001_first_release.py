import django.db.models.deletion
import network.models.designations
import reports.models
import web.folios
from django.conf import settings
from django.db import migrations, models

from web.creation import CreateModels


class Migration(migrations.Migration):

    # Databases of earlier commits, with all of these, hold the same tables.
    replaces = [
        ('reports', '0001_initial'),
        ('reports', '0002_versions'),
        ('reports', '0003_scopes_and_texts'),
        ('reports', '0004_kinds_and_batches'),
    ]

    initial = True

    dependencies = [
        ('events', '0001_first_release'),
        ('municipalities', '0001_initial'),
        ('network', '0001_first_release'),
        ('trainings', '0001_initial'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='DeclaredResult',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.SlugField(max_length=60, unique=True)),
                    ('statement', models.CharField(max_length=300, verbose_name='texto')),
                    ('minimum_value', models.PositiveIntegerField(blank=True, null=True, verbose_name='valor mínimo')),
                    ('source', models.CharField(max_length=200, verbose_name='fuente')),
                    ('note', models.CharField(blank=True, max_length=400, verbose_name='nota')),
                    ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.organisation')),
                ],
                options={
                    'verbose_name': 'resultado declarado',
                    'verbose_name_plural': 'resultados declarados',
                    'ordering': ['code'],
                },
            ),
            migrations.CreateModel(
                name='ReportSchedule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('capacity', 'Fortalecimiento de capacidades'), ('actions', 'Acciones climáticas de un municipio'), ('network', 'Informe de la red, con una página por región')], default='actions', max_length=8, verbose_name='documento')),
                    ('every', models.CharField(choices=[('month', 'Cada mes'), ('quarter', 'Cada trimestre')], default='quarter', max_length=7, verbose_name='cada cuánto')),
                    ('language', models.CharField(choices=[('es', 'Español'), ('en', 'English')], default='es', max_length=2, verbose_name='idioma')),
                    ('length', models.CharField(choices=[('full', 'Completo'), ('short', 'Corto, de dos páginas')], default='full', max_length=5, verbose_name='extensión')),
                    ('since', models.DateField()),
                    ('is_active', models.BooleanField(default=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'programación de informes',
                    'verbose_name_plural': 'programaciones de informes',
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(fields=('kind', 'every', 'language'), name='reports_schedule_once', violation_error_message='Ya hay una programación igual: actívela en la lista.'), models.CheckConstraint(condition=models.Q(('kind', 'actions')), name='reports_schedule_for_liaisons', violation_error_message='A los municipios se les envía el informe de sus acciones climáticas.')],
                },
            ),
            migrations.CreateModel(
                name='ReportBatch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('capacity', 'Fortalecimiento de capacidades'), ('actions', 'Acciones climáticas de un municipio'), ('network', 'Informe de la red, con una página por región')], default='actions', max_length=8, verbose_name='documento')),
                    ('starts_on', models.DateField(verbose_name='desde')),
                    ('ends_on', models.DateField(verbose_name='hasta')),
                    ('language', models.CharField(choices=[('es', 'Español'), ('en', 'English')], default='es', max_length=2, verbose_name='idioma')),
                    ('length', models.CharField(choices=[('full', 'Completo'), ('short', 'Corto, de dos páginas')], default='full', max_length=5, verbose_name='extensión')),
                    ('key', models.CharField(max_length=36, unique=True)),
                    ('requested_at', models.DateTimeField(auto_now_add=True)),
                    ('cancelled_at', models.DateTimeField(null=True)),
                    ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('schedule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='reports.reportschedule')),
                ],
                options={
                    'verbose_name': 'tanda de informes',
                    'verbose_name_plural': 'tandas de informes',
                    'ordering': ['-requested_at', '-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='reports_batch_period_order', violation_error_message='El periodo termina antes de empezar: revise las dos fechas.'), models.CheckConstraint(condition=models.Q(('kind__in', ('capacity', 'actions'))), name='reports_batch_of_municipalities', violation_error_message='Ese documento no es de un municipio.'), models.UniqueConstraint(fields=('schedule', 'starts_on'), name='reports_batch_once_a_period')],
                },
            ),
            migrations.CreateModel(
                name='IssuedReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('folio', models.CharField(default=web.folios.new_folio, editable=False, max_length=16, unique=True)),
                    ('kind', models.CharField(choices=[('capacity', 'Fortalecimiento de capacidades'), ('actions', 'Acciones climáticas de un municipio'), ('network', 'Informe de la red, con una página por región')], default='capacity', max_length=8, verbose_name='documento')),
                    ('scope', models.CharField(choices=[('state', 'Toda la entidad'), ('region', 'Una región'), ('zone', 'Una zona metropolitana'), ('municipality', 'Un municipio'), ('series', 'Un ciclo'), ('training', 'Una capacitación'), ('institution', 'Una institución')], default='state', max_length=12, verbose_name='ámbito')),
                    ('starts_on', models.DateField(verbose_name='desde')),
                    ('ends_on', models.DateField(verbose_name='hasta')),
                    ('language', models.CharField(choices=[('es', 'Español'), ('en', 'English')], default='es', max_length=2, verbose_name='idioma')),
                    ('length', models.CharField(choices=[('full', 'Completo'), ('short', 'Corto, de dos páginas')], default='full', max_length=5, verbose_name='extensión')),
                    ('compares', models.BooleanField(default=True, verbose_name='comparar con el periodo anterior, de igual duración')),
                    ('introduction', models.TextField(blank=True, max_length=6000, verbose_name='introducción')),
                    ('results', models.TextField(blank=True, max_length=6000, verbose_name='resultados')),
                    ('next_steps', models.TextField(blank=True, max_length=6000, verbose_name='próximos pasos')),
                    ('state', models.CharField(choices=[('queued', 'En espera'), ('running', 'En preparación'), ('ready', 'Listo'), ('failed', 'No se pudo preparar'), ('cancelled', 'Cancelado')], default='queued', max_length=9)),
                    ('progress', models.PositiveSmallIntegerField(default=0)),
                    ('step', models.CharField(choices=[('waiting', 'Espera su turno'), ('counting', 'Se cuentan las cifras'), ('drawing', 'Se dibujan gráficas y mapas'), ('setting', 'Se componen las páginas'), ('storing', 'Se guarda el documento'), ('done', 'Terminado')], default='waiting', max_length=80)),
                    ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                    ('error', models.CharField(blank=True, max_length=300)),
                    ('figures', models.JSONField(default=dict)),
                    ('public_figures', models.JSONField(default=dict)),
                    ('previous_figures', models.JSONField(default=dict)),
                    ('file', models.FileField(blank=True, storage=network.models.designations.private_storage, upload_to=reports.models.report_path)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('reprints', models.JSONField(default=list)),
                    ('version', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='versión')),
                    ('reason', models.CharField(blank=True, max_length=500, verbose_name='motivo de la nueva versión')),
                    ('requested_at', models.DateTimeField(auto_now_add=True)),
                    ('claim_token', models.UUIDField(editable=False, null=True)),
                    ('claimed_until', models.DateTimeField(editable=False, null=True)),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('institution', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.organisation', verbose_name='institución')),
                    ('municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='issued_reports', to='municipalities.municipality', verbose_name='municipio')),
                    ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='municipalities.region', verbose_name='región')),
                    ('replaces', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='reports.issuedreport')),
                    ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('series', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.series', verbose_name='ciclo')),
                    ('training', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='trainings.training', verbose_name='capacitación')),
                    ('zone', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='municipalities.metropolitanzone', verbose_name='zona metropolitana')),
                    ('batch', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='reports.reportbatch')),
                ],
                options={
                    'verbose_name': 'informe',
                    'verbose_name_plural': 'informes',
                    'ordering': ['-requested_at', '-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='reports_issued_period_order', violation_error_message='El periodo termina antes de empezar: revise las dos fechas.'), models.CheckConstraint(condition=models.Q(models.Q(('institution__isnull', True), ('municipality__isnull', True), ('region__isnull', True), ('scope', 'state'), ('series__isnull', True), ('training__isnull', True), ('zone__isnull', True)), models.Q(('institution__isnull', True), ('municipality__isnull', True), ('region__isnull', False), ('scope', 'region'), ('series__isnull', True), ('training__isnull', True), ('zone__isnull', True)), models.Q(('institution__isnull', True), ('municipality__isnull', True), ('region__isnull', True), ('scope', 'zone'), ('series__isnull', True), ('training__isnull', True), ('zone__isnull', False)), models.Q(('institution__isnull', True), ('municipality__isnull', False), ('region__isnull', True), ('scope', 'municipality'), ('series__isnull', True), ('training__isnull', True), ('zone__isnull', True)), models.Q(('institution__isnull', True), ('municipality__isnull', True), ('region__isnull', True), ('scope', 'series'), ('series__isnull', False), ('training__isnull', True), ('zone__isnull', True)), models.Q(('institution__isnull', True), ('municipality__isnull', True), ('region__isnull', True), ('scope', 'training'), ('series__isnull', True), ('training__isnull', False), ('zone__isnull', True)), models.Q(('institution__isnull', False), ('municipality__isnull', True), ('region__isnull', True), ('scope', 'institution'), ('series__isnull', True), ('training__isnull', True), ('zone__isnull', True)), _connector='OR'), name='reports_issued_scope_complete', violation_error_message='Elija de qué es el informe, según el ámbito.'), models.CheckConstraint(condition=models.Q(('kind', 'capacity'), models.Q(('kind', 'actions'), ('scope', 'municipality')), models.Q(('kind', 'network'), ('scope', 'state')), _connector='OR'), name='reports_issued_kind_has_scope', violation_error_message='El informe de acciones es de un municipio; el de la red, de toda la entidad.'), models.UniqueConstraint(fields=('batch', 'municipality'), name='reports_issued_once_a_batch', violation_error_message='Este municipio ya tiene su informe en la tanda.'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), ('replaces__isnull', True), ('version', 1)), models.Q(('replaces__isnull', False), ('version__gt', 1), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='reports_issued_version_has_reason', violation_error_message='Diga qué se corrigió: se imprime en la nueva versión.')],
                },
            ),
        ]),
    ]
