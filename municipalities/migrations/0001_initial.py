import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Region',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(unique=True, verbose_name='número')),
                ('name', models.CharField(max_length=80, verbose_name='nombre')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('zone_number', models.PositiveSmallIntegerField(verbose_name='número de zona')),
                ('zone', models.CharField(max_length=80, verbose_name='zona')),
            ],
            options={
                'verbose_name': 'región',
                'verbose_name_plural': 'regiones',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='Municipality',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cvegeo', models.CharField(max_length=5, unique=True, verbose_name='clave INEGI')),
                ('name', models.CharField(max_length=80, verbose_name='nombre')),
                ('alternative_name', models.CharField(blank=True, max_length=80, verbose_name='otro nombre')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('seat', models.CharField(max_length=80, verbose_name='cabecera')),
                ('population', models.PositiveIntegerField(verbose_name='población 2020')),
                ('population_women', models.PositiveIntegerField(verbose_name='mujeres 2020')),
                ('population_men', models.PositiveIntegerField(verbose_name='hombres 2020')),
                ('area_km2', models.DecimalField(decimal_places=2, max_digits=8, verbose_name='superficie (km²)')),
                ('seat_latitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('seat_longitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('vulnerability_level', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='nivel de vulnerabilidad (ANVCC)')),
                ('tile_column', models.PositiveSmallIntegerField()),
                ('tile_row', models.PositiveSmallIntegerField()),
                ('boundary', models.JSONField(blank=True, null=True, verbose_name='polígono')),
                ('sort_name', models.CharField(db_index=True, editable=False, max_length=80)),
                ('search_text', models.CharField(default='', editable=False, max_length=400)),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='municipalities', to='municipalities.region', verbose_name='región')),
            ],
            options={
                'verbose_name': 'municipio',
                'verbose_name_plural': 'municipios',
                'ordering': ['sort_name'],
                'constraints': [models.UniqueConstraint(fields=('tile_column', 'tile_row'), name='municipalities_tile_unique'), models.CheckConstraint(condition=models.Q(('vulnerability_level__isnull', True), ('vulnerability_level__range', (1, 3)), _connector='OR'), name='municipalities_vulnerability_range')],
            },
        ),
        migrations.CreateModel(
            name='MetropolitanZone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='nombre')),
                ('kind', models.CharField(blank=True, max_length=60, verbose_name='tipo')),
                ('delimitation_year', models.PositiveSmallIntegerField(verbose_name='año de la delimitación')),
                ('municipalities', models.ManyToManyField(related_name='metropolitan_zones', to='municipalities.municipality', verbose_name='municipios')),
            ],
            options={
                'verbose_name': 'zona metropolitana',
                'verbose_name_plural': 'zonas metropolitanas',
                'ordering': ['-delimitation_year', 'name'],
                'constraints': [models.UniqueConstraint(fields=('delimitation_year', 'name'), name='municipalities_zone_unique')],
            },
        ),
    ]
