"""a revision"""
revision: str = 'bb01'
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
