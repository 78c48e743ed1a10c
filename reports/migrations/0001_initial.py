import django.db.models.deletion
import network.models.designations
import reports.models
import web.folios
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('municipalities', '0001_initial'),
        ('network', '0001_initial'),
        ('network', '__first__'),
    ]

    operations = [
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
            name='IssuedReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folio', models.CharField(default=web.folios.new_folio, editable=False, max_length=16, unique=True)),
                ('scope', models.CharField(choices=[('state', 'Toda la entidad'), ('region', 'Una región'), ('municipality', 'Un municipio')], default='state', max_length=12, verbose_name='ámbito')),
                ('starts_on', models.DateField(verbose_name='desde')),
                ('ends_on', models.DateField(verbose_name='hasta')),
                ('language', models.CharField(choices=[('es', 'Español'), ('en', 'English')], default='es', max_length=2, verbose_name='idioma')),
                ('state', models.CharField(choices=[('queued', 'En espera'), ('running', 'En preparación'), ('ready', 'Listo'), ('failed', 'No se pudo preparar')], default='queued', max_length=8)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('step', models.CharField(choices=[('waiting', 'Espera su turno'), ('counting', 'Se cuentan las cifras'), ('drawing', 'Se dibujan gráficas y mapas'), ('setting', 'Se componen las páginas'), ('storing', 'Se guarda el documento'), ('done', 'Terminado')], default='waiting', max_length=80)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('figures', models.JSONField(default=dict)),
                ('public_figures', models.JSONField(default=dict)),
                ('file', models.FileField(blank=True, storage=network.models.designations.private_storage, upload_to=reports.models.report_path)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('requested_at', models.DateTimeField(auto_now_add=True)),
                ('claim_token', models.UUIDField(editable=False, null=True)),
                ('claimed_until', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='issued_reports', to='municipalities.municipality', verbose_name='municipio')),
                ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='municipalities.region', verbose_name='región')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'informe',
                'verbose_name_plural': 'informes',
                'ordering': ['-requested_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='reports_issued_period_order', violation_error_message='El periodo termina antes de empezar: revise las dos fechas.'), models.CheckConstraint(condition=models.Q(models.Q(('municipality__isnull', True), ('region__isnull', True), ('scope', 'state')), models.Q(('municipality__isnull', True), ('region__isnull', False), ('scope', 'region')), models.Q(('municipality__isnull', False), ('region__isnull', True), ('scope', 'municipality')), _connector='OR'), name='reports_issued_scope_complete', violation_error_message='Elija la región o el municipio del informe, según el ámbito.')],
            },
        ),
    ]
