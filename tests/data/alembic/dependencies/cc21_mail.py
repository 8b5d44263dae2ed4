"""a revision"""
revision: str = 'cc21'
down_revision: str | None = None
branch_labels = ['mail']
depends_on = 'network'


def upgrade():
    pass


def downgrade():
    pass
