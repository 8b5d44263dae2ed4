# Alembic before 0.2 took the name of the file for the revision.
down_revision = None


def upgrade():
    pass


def downgrade():
    pass
