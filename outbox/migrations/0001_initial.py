import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False, verbose_name='trabajo')),
                ('last_started_at', models.DateTimeField(blank=True, null=True, verbose_name='último inicio')),
                ('last_succeeded_at', models.DateTimeField(blank=True, null=True, verbose_name='último término correcto')),
                ('last_error', models.TextField(blank=True, db_default='', default='', verbose_name='último error')),
                ('watched_since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='vigilado desde')),
                ('alarm_at', models.DateTimeField(blank=True, help_text='Cuándo se avisó, o se intentó avisar, de que no late.', null=True, verbose_name='alarma')),
                ('alarm_sent', models.BooleanField(db_default=False, default=False, verbose_name='alarma enviada')),
            ],
            options={
                'verbose_name': 'latido',
                'verbose_name_plural': 'latidos',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='MailText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='texto')),
                ('variant', models.CharField(blank=True, db_default='', max_length=60, verbose_name='variante')),
                ('language', models.CharField(max_length=10, verbose_name='idioma')),
                ('version', models.PositiveIntegerField(verbose_name='versión')),
                ('is_original', models.BooleanField(db_default=False, default=False, help_text='Volvió a las palabras de origen.', verbose_name='texto original')),
                ('subject', models.CharField(blank=True, db_default='', max_length=150, verbose_name='asunto')),
                ('body', models.TextField(blank=True, db_default='', verbose_name='texto')),
                ('cause', models.CharField(blank=True, db_default='', max_length=200, verbose_name='quién lo escribió')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='creado')),
            ],
            options={
                'verbose_name': 'versión de un texto de correo',
                'verbose_name_plural': 'versiones de textos de correo',
                'ordering': ('name', 'variant', 'language', '-version'),
                'constraints': [models.UniqueConstraint(fields=('name', 'variant', 'language', 'version'), name='outbox_mail_text_version_once', violation_error_message='Alguien más guardó este texto.')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('scheduled', 'programado'), ('queued', 'en cola'), ('sending', 'enviando'), ('sent', 'enviado'), ('retry', 'reintento'), ('in_doubt', 'en duda'), ('failed', 'fallido'), ('skipped', 'omitido'), ('suppressed', 'suprimido')], db_default='scheduled', default='scheduled', max_length=12, verbose_name='estado')),
                ('kind', models.CharField(help_text='Nombre con que se registró quien redacta el texto.', max_length=80, verbose_name='tipo')),
                ('dedupe_key', models.CharField(max_length=200, verbose_name='clave única')),
                ('to_email', models.CharField(max_length=254, verbose_name='dirección')),
                ('to_name', models.CharField(blank=True, db_default='', max_length=160, verbose_name='nombre')),
                ('language', models.CharField(max_length=10, verbose_name='idioma')),
                ('params', models.JSONField(blank=True, default=dict, help_text='Solo identificadores de filas, nunca textos.', verbose_name='datos')),
                ('payload', models.JSONField(blank=True, editable=False, help_text='Solo mientras espera, para enlaces que no se pueden volver a generar; se borra al terminar.', null=True, verbose_name='texto ya redactado')),
                ('cause', models.CharField(blank=True, db_default='', help_text='Qué hecho la originó.', max_length=200, verbose_name='causa')),
                ('mailing', models.CharField(blank=True, help_text='Lo que se mandó de una vez a muchas personas.', max_length=60, null=True, verbose_name='envío')),
                ('operational', models.BooleanField(db_default=True, default=True, help_text='Necesario para un trámite: no admite baja.', verbose_name='operativo')),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='hora prevista')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='caduca')),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='siguiente intento')),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='intentos')),
                ('message_id', models.CharField(max_length=255, unique=True, verbose_name='Message-ID')),
                ('subject', models.CharField(blank=True, db_default='', help_text='Como se envió.', max_length=255, verbose_name='asunto')),
                ('last_response', models.TextField(blank=True, db_default='', verbose_name='última respuesta')),
                ('claim_token', models.UUIDField(blank=True, editable=False, null=True, verbose_name='turno')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='turno hasta')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='enviado')),
                ('bounced', models.BooleanField(db_default=False, default=False, help_text='El servidor dijo que no existe.', verbose_name='dirección rechazada')),
                ('deaths', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Veces que el proceso murió mientras lo redactaba.', verbose_name='caídas')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='creado')),
                ('copy_of', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='copies', to='outbox.message', verbose_name='copia de')),
            ],
            options={
                'verbose_name': 'mensaje',
                'verbose_name_plural': 'mensajes',
                'ordering': ('-due_at', '-pk'),
                'indexes': [models.Index(models.F('next_attempt_at'), models.F('id'), condition=models.Q(('state__in', ('scheduled', 'queued', 'retry'))), name='outbox_message_due'), models.Index(django.db.models.functions.text.Lower('to_email'), models.F('created_at'), name='outbox_message_address'), models.Index(models.F('lease_until'), condition=models.Q(('state', 'sending')), name='outbox_message_sending'), models.Index(models.OrderBy(models.F('due_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='outbox_message_newest'), models.Index(models.F('state'), models.OrderBy(models.F('due_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='outbox_message_by_state'), models.Index(models.F('sent_at'), condition=models.Q(('state', 'sent')), name='outbox_message_sent'), models.Index(models.F('mailing'), models.F('id'), condition=models.Q(('mailing__isnull', False)), name='outbox_message_mailing')],
                'constraints': [models.UniqueConstraint(fields=('dedupe_key',), name='outbox_message_once', violation_error_message='Ese mensaje ya estaba en la bandeja de salida.'), models.UniqueConstraint(condition=models.Q(('copy_of__isnull', False)), fields=('copy_of',), name='outbox_message_one_copy', violation_error_message='Ese mensaje ya se reenvió.'), models.CheckConstraint(condition=models.Q(('state__in', ['scheduled', 'queued', 'sending', 'sent', 'retry', 'in_doubt', 'failed', 'skipped', 'suppressed'])), name='outbox_message_known_state', violation_error_message='El estado del mensaje no existe.'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('queued', 'sending')), _negated=True), models.Q(('claim_token__isnull', False), ('lease_until__isnull', False)), _connector='OR'), name='outbox_message_claim_has_lease', violation_error_message='Un mensaje en cola o enviándose tiene turno y plazo.'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='outbox_message_sent_has_time', violation_error_message='Un mensaje enviado tiene hora de envío.'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('sent', 'in_doubt', 'failed', 'skipped', 'suppressed')), _negated=True), ('payload__isnull', True), _connector='OR'), name='outbox_message_keeps_no_text', violation_error_message='Un mensaje terminado no conserva su texto.')],
            },
        ),
        migrations.CreateModel(
            name='DigestLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(help_text='Qué clase de cosa: action, designation…', max_length=40, verbose_name='de qué')),
                ('subject_id', models.BigIntegerField(verbose_name='número')),
                ('occasion', models.CharField(help_text='Por qué se avisa y de qué fecha.', max_length=60, verbose_name='ocasión')),
                ('reader', models.CharField(max_length=60, verbose_name='a quién')),
                ('rung', models.CharField(max_length=20, verbose_name='en calidad de')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='outbox.message', verbose_name='mensaje')),
            ],
            options={
                'verbose_name': 'línea de un aviso',
                'verbose_name_plural': 'líneas de un aviso',
                'constraints': [models.UniqueConstraint(fields=('subject', 'subject_id', 'occasion', 'reader'), name='outbox_digest_line_once', violation_error_message='De eso ya se avisó a esa persona.')],
            },
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.CharField(help_text='Sin espacios y en minúsculas.', max_length=254, verbose_name='dirección')),
                ('muted', models.JSONField(blank=True, default=list, help_text='Grupos de correo, por su nombre registrado.', verbose_name='no quiere')),
                ('language', models.CharField(blank=True, db_default='', help_text='Vacío: el de cada trámite.', max_length=10, verbose_name='idioma')),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='cambió')),
            ],
            options={
                'verbose_name': 'preferencia de correo',
                'verbose_name_plural': 'preferencias de correo',
                'constraints': [models.UniqueConstraint(fields=('email',), name='outbox_preference_once', violation_error_message='Esa dirección ya tiene preferencias.')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('scheduled', 'programado'), ('queued', 'en cola'), ('sending', 'enviando'), ('sent', 'enviado'), ('retry', 'reintento'), ('in_doubt', 'en duda'), ('failed', 'fallido'), ('skipped', 'omitido'), ('suppressed', 'suprimido')], max_length=12, verbose_name='estado')),
                ('text', models.TextField(blank=True, db_default='', verbose_name='qué pasó')),
                ('cause', models.CharField(blank=True, db_default='', max_length=200, verbose_name='causa')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='cuándo')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='outbox.message', verbose_name='mensaje')),
            ],
            options={
                'verbose_name': 'paso de un mensaje',
                'verbose_name_plural': 'pasos de un mensaje',
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.CharField(help_text='Sin espacios y en minúsculas.', max_length=254, verbose_name='dirección')),
                ('reason', models.CharField(choices=[('unsubscribed', 'se dio de baja'), ('bounced', 'la dirección rechaza el correo'), ('complained', 'lo marcó como no deseado'), ('staff', 'decisión del personal')], max_length=12, verbose_name='motivo')),
                ('last_response', models.TextField(blank=True, db_default='', help_text='Lo que dijo el servidor de correo.', verbose_name='última respuesta')),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='desde')),
                ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='levantada')),
                ('lift_reason', models.CharField(blank=True, db_default='', max_length=300, verbose_name='por qué se levantó')),
                ('lift_cause', models.CharField(blank=True, db_default='', max_length=200, verbose_name='quién la levantó')),
            ],
            options={
                'verbose_name': 'dirección suprimida',
                'verbose_name_plural': 'direcciones suprimidas',
                'constraints': [models.UniqueConstraint(fields=('email',), name='outbox_suppression_once', violation_error_message='Esa dirección ya estaba suprimida.')],
            },
        ),
    ]
