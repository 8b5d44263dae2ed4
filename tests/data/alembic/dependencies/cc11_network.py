"""a revision"""
revision: str = 'cc11'
down_revision: str | None = None
branch_labels = 'network'
depends_on = 'cc01'


def upgrade():
    pass


def downgrade():
    pass
