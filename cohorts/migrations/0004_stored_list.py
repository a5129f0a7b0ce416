import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cohorts', '0003_warehouses'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.CharField(max_length=255, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('action', models.CharField(choices=[('created', 'Created'), ('appended', 'Appended'), ('replaced', 'Replaced'), ('removed', 'Removed')], max_length=10)),
                ('source', models.CharField(blank=True, max_length=255)),
                ('header', models.CharField(blank=True, max_length=255)),
                ('accepted', models.BigIntegerField()),
                ('blank', models.BigIntegerField()),
                ('duplicate', models.BigIntegerField()),
                ('refused', models.BigIntegerField()),
                ('unknown', models.BigIntegerField(null=True)),
                ('added', models.BigIntegerField()),
                ('removed', models.BigIntegerField()),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lists', to='cohorts.dataset')),
            ],
        ),
    ]
