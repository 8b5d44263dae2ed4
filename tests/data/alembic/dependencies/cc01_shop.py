"""a revision"""
revision: str = 'cc01'
down_revision: str | None = None
branch_labels = ('shop',)
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
